// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/service.h"

// What `egresswatch check` asks and what it learns. Plain values that own their text; durations are in nanoseconds, and
// 0 = the stage was not reached.
namespace egresswatch::check {

enum class Protocol : std::uint8_t { https, http };

// One endpoint to try.
struct Target {
  std::string service;  // as the classifier names it
  BuiltinService kind = BuiltinService::other;
  std::string host;  // name or address literal, lower case, without brackets
  std::uint16_t port = 443;
  Protocol protocol = Protocol::https;
  bool operator==(const Target&) const = default;
};

struct Failure {
  Stage stage = Stage::none;
  Cause cause = Cause::none;
  bool operator==(const Failure&) const = default;
  explicit operator bool() const { return stage != Stage::none; }
};

struct DnsResult {
  enum class Source : std::uint8_t { none, literal, hosts_file, resolver };

  Source source = Source::none;
  DnsCause cause = DnsCause::none;
  std::uint16_t rcode = 0;         // of the answer that counts; without meaning if none came
  std::string resolver;            // address and port that answered last
  std::vector<std::string> chain;  // CNAME targets from the question on
  std::vector<IpAddress> addresses;
  bool private_endpoint = false;  // the chain runs through a vault's private link zone to a private address
  std::uint64_t duration_ns = 0;
};

// An ICMP error, from the socket's error queue; origin 2 = ICMP, 3 = ICMPv6 (linux/errqueue.h), 0 = none.
struct IcmpError {
  std::uint8_t origin = 0;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  IpAddress sender;
  bool from_this_host = false;  // the sender is the socket's own address
};

struct AddressResult {
  IpAddress address;
  bool connected = false;
  Failure failure;
  int error = 0;  // errno of connect(); 0 = connected, or silence until the deadline
  IcmpError icmp;
  std::uint64_t duration_ns = 0;
};

struct TlsResult {
  std::string version;  // TLSv1.3; empty = no handshake
  std::string subject;  // of the certificate that the server sent, or of the one that was not accepted
  std::string issuer;
  std::string problem;  // why the handshake failed, in words of OpenSSL or of X.509; empty = it did not
  std::uint64_t duration_ns = 0;
};

struct HttpResult {
  unsigned status = 0;              // 0 = no answer
  std::string network_info;         // x-ms-keyvault-network-info of a vault
  std::uint64_t first_byte_ns = 0;  // from the request sent to the first byte
};

struct EndpointResult {
  Target target;
  std::string proxy;  // HOST:PORT that the connection goes through; then dns and addresses are the proxy's
  DnsResult dns;
  std::vector<AddressResult> addresses;
  std::optional<IpAddress> used;  // the address that the later stages talk to
  std::uint64_t connect_ns = 0;   // of `used`
  unsigned proxy_status = 0;      // of CONNECT; 0 = none
  std::uint64_t proxy_ns = 0;
  TlsResult tls;
  HttpResult http;
  Failure failure;  // the first stage that failed; DNS failures are in dns.cause
  int error = 0;    // errno behind the failure, where there is one

  // The resolver gave no address to go on with. A public answer despite private link is worth a note and no failure.
  [[nodiscard]] bool dns_failed() const {
    return dns.cause != DnsCause::none && dns.cause != DnsCause::public_answer_despite_private_link;
  }
  // Whose name was resolved.
  [[nodiscard]] const std::string& proxy_or_host() const { return proxy.empty() ? target.host : proxy; }
  [[nodiscard]] bool ok() const { return !failure && !dns_failed(); }
};

}  // namespace egresswatch::check
