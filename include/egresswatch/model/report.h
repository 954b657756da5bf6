// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/protocol.h"
#include "egresswatch/model/service.h"
#include "egresswatch/model/wire.h"

// What one line of `egresswatch observe` says. Plain values; every string_view is valid only during the call that hands
// the report over. Names hold arbitrary bytes: whoever prints them escapes them.
namespace egresswatch {

enum class Verdict : std::uint8_t {
  ok,         // established
  failed,     // stage and cause say where and why
  cancelled,  // given up early by the client: not a failure
  closed,     // an established connection ended without an error
  pending,    // not over, but unanswered for so long that it will probably fail: stage and cause as if it ended now
};
inline constexpr std::array<std::string_view, 5> kVerdictNames{"ok", "failed", "cancelled", "closed", "pending"};
static_assert(kVerdictNames.size() == static_cast<std::size_t>(Verdict::pending) + 1);
constexpr std::string_view to_string(Verdict verdict) { return kVerdictNames[static_cast<std::size_t>(verdict)]; }

// What the kernel and the wire showed, behind stage and cause. Zero or empty = not seen.
struct Evidence {
  static constexpr std::size_t kMaxSynTimes = 7;

  // When the SYN was sent again, in milliseconds after the first one; `syn_retransmits` may be larger.
  std::array<std::uint32_t, kMaxSynTimes> syn_times_ms{};
  std::uint32_t syn_time_count = 0;

  bool rst_received = false;
  std::uint8_t icmp_origin = 0;  // 2 ICMP, 3 ICMPv6
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;

  // Packets of this connection that this host dropped itself, and what the kernel calls the reason for the last one.
  std::uint32_t dropped_out = 0;
  std::uint32_t dropped_in = 0;
  std::string_view drop_reason;

  std::string_view dns_name;      // what the address was resolved from
  std::string_view wire_name;     // what the client asked for: SNI, CONNECT or Host
  std::string_view service_tag;   // that the address is in, where no name is known
  bool tls = false;               // a ClientHello was sent
  Sni sni = Sni::absent;          // of a ClientHello
  bool through_proxy = false;     // `remote` is a proxy, `host` is behind it
  std::uint32_t hello_bytes = 0;  // of the ClientHello; 0 = not known
  std::uint16_t http_status = 0;
  std::uint8_t tls_alert = 0;  // that the server sent in place of a handshake; 0 = none

  std::uint64_t first_sent_ns = 0;      // after the attempt: when the first payload was sent
  std::uint64_t first_received_ns = 0;  // after the attempt: when the first payload came
  std::uint64_t idle_ns = 0;            // how long the peer was silent before the trouble began
  std::uint32_t unacked_bytes = 0;
  std::uint32_t stalled_retransmits = 0;

  // Cause and effect within one process: a client that checks a certificate's revocation keeps its TLS connection
  // waiting.
  std::string_view waits_for;  // of the TLS connection: the revocation host that did not answer
  std::string_view holds_up;   // of the connection to the revocation host: the TLS destination that waits
};

struct ConnectionReport {
  std::uint64_t wall_time_ns = 0;  // CLOCK_REALTIME, when the outcome was seen
  Verdict verdict = Verdict::ok;
  std::string_view service;  // "other" for what no rule of the catalog names
  Function function = Function::none;
  std::string_view host;  // the name classified; empty = no name is known
  NameSource name_source = NameSource::none;
  Unexpected unexpected = Unexpected::none;
  bool misses_private_endpoint = false;  // not_in_policy: the configuration demands a private address of this vault
  std::string_view unit;                 // systemd unit, else container, else process name
  std::string_view slice;                // of systemd; empty = none
  std::string_view container_id;         // in full; empty = no container
  std::string_view container_name;       // empty = its runtime does not tell
  std::string_view process;              // name of the thread that connected; empty = unknown
  std::uint32_t pid = 0;                 // 0 = unknown
  std::uint32_t uid = 0;
  std::uint64_t process_start_ns = 0;  // CLOCK_BOOTTIME: with the pid it is one process; 0 = unknown
  std::uint32_t netns = 0;             // inode number
  Endpoint local;                      // port 0 = the kernel had chosen none yet
  Endpoint remote;
  std::uint16_t family = 0;   // AF_INET or AF_INET6, of the socket
  Stage stage = Stage::none;  // of a failure
  Cause cause = Cause::none;
  std::uint64_t connect_latency_ns = 0;  // from the first SYN to established; 0 = never established or not seen
  std::uint64_t duration_ns = 0;         // from the attempt to this outcome; 0 = the attempt was not seen
  std::uint32_t syn_retransmits = 0;
  std::uint32_t retransmits = 0;  // segments, without SYNs
  std::uint64_t bytes_sent = 0;   // payload
  std::uint64_t bytes_received = 0;
  std::uint32_t srtt_us = 0;     // 0 = never measured
  int error = 0;                 // errno value that the application got or would get; 0 = none
  std::uint64_t answer_uid = 0;  // of the DNS answer that named the address (DnsReport::answer_uid); 0 = none did
  Evidence evidence;
  std::string_view message;  // what happened, in words; empty = to be said from the rest
};

// What one socket sends to one destination other than by TCP; told with its first packet.
struct FlowReport {
  std::uint64_t wall_time_ns = 0;  // CLOCK_REALTIME
  std::string_view service;        // as in ConnectionReport
  Function function = Function::none;
  std::string_view host;
  NameSource name_source = NameSource::none;
  Unexpected unexpected = Unexpected::none;
  bool misses_private_endpoint = false;
  std::string_view unit;
  std::string_view slice;
  std::string_view container_id;
  std::string_view container_name;
  std::string_view process;
  std::uint32_t pid = 0;  // 0 = unknown
  std::uint32_t uid = 0;
  std::uint64_t process_start_ns = 0;
  std::uint32_t netns = 0;  // inode number; 0 = unknown
  Protocol protocol = Protocol::udp;
  bool raw_socket = false;
  Endpoint local;
  Endpoint remote;           // port 0 for protocols without ports
  std::string_view message;  // as in ConnectionReport
};

// One DNS question and what became of it.
struct DnsReport {
  std::uint64_t wall_time_ns = 0;  // CLOCK_REALTIME, of the answer or of giving up
  std::string_view service;        // what the question name belongs to
  std::string_view unit;
  std::string_view process;
  std::uint32_t pid = 0;  // 0 = unknown
  std::string_view question;
  std::uint16_t question_type = 0;  // 1 A, 28 AAAA, ...
  std::uint16_t rcode = 0;          // without meaning if cause is no_answer
  DnsCause cause = DnsCause::none;  // none = a usable answer
  bool demanded_only = false;     // public_answer_despite_private_link because the configuration demands a private one
  std::uint64_t duration_ns = 0;  // from the first query to the answer or to giving up
  Endpoint resolver;
  std::uint32_t address_count = 0;                 // A and AAAA records that belong to the question
  IpAddress first_address;                         // meaningless if address_count is 0
  std::string_view cname_tail;                     // last name of the CNAME chain; empty = no chain
  std::span<const std::string_view> cnames;        // the whole chain
  std::span<const DnsMessage::Address> addresses;  // of the question, with their TTL
  std::uint64_t answer_uid = 0;  // links connections to the answer that named them; 0 = nothing was learned
  std::string_view message;      // as in ConnectionReport
};

}  // namespace egresswatch
