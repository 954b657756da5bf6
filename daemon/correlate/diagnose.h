// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "correlate/exchange.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::correlate {

// What the end of a connection means. `stage` is none for a connection that worked, and for one that was cancelled.
struct Diagnosis {
  Stage stage = Stage::none;
  Cause cause = Cause::none;
  [[nodiscard]] bool failed() const { return stage != Stage::none; }
  bool operator==(const Diagnosis&) const = default;
};

// A client that hangs up this soon after its request has changed its mind, as one that races two addresses does.
inline constexpr std::uint64_t kPatienceNs = 1'000'000'000;

// What a client sends at least to finish a TLS handshake: ChangeCipherSpec (6 bytes) and Finished of SHA-256 in a
// record of TLS 1.3 (58). An alert in their place takes 7 to 30 bytes. RFC 8446 sections 4.4.4, 5 and 6, RFC 5246
// section 7.4.9.
inline constexpr std::uint64_t kTlsFinishBytes = 58;

// What it sends at most if it finishes the handshake and then has nothing to say but goodbye: ChangeCipherSpec,
// Finished of SHA-384 (74) and close_notify (24). Any request is longer.
inline constexpr std::uint64_t kTlsGoodbyeBytes = 6 + 74 + 24;

// A fatal alert of TLS 1.2, the shortest thing that a client says to a certificate: RFC 5246 section 7.2.
inline constexpr std::uint64_t kTlsAlertBytes = 7;

// All are pure and say only what the kernel or the wire showed. Where two causes look the same, the weaker statement is
// made: a SYN that nobody answered is `no_reply` or `abandoned`, whoever dropped it.

// The end of a connection, or the client's close() while it waits (TcpClosing::now).
Diagnosis diagnose(const TcpClosed& closed, const Circumstances& circumstances = {});

// A connect() that never reached SYN_SENT.
Diagnosis diagnose(const ConnectFailed& failed);

// Who answered, as far as the meaning of an HTTP status depends on it.
struct Answerer {
  bool known = false;  // a service of the catalog or the configuration
  bool imds = false;
  std::uint16_t port = 0;
};

// The first bytes of the answer, as soon as they are there.
Diagnosis diagnose(const Exchange& exchange, const Answerer& answerer);

// The three parts of the first.
Diagnosis diagnose_handshake(const TcpClosed& closed, const Circumstances& circumstances);
Diagnosis diagnose_exchange(const TcpClosed& closed, const Circumstances& circumstances);
Diagnosis diagnose_data(const TcpClosed& closed, const Circumstances& circumstances);

// Whether this is what the kernel makes of ICMP and ICMPv6 errors (icmp_err_convert, icmpv6_err_convert).
bool is_icmp_error(int error);

}  // namespace egresswatch::correlate
