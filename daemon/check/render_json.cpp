// SPDX-License-Identifier: Apache-2.0
#include "check/advice.h"
#include "check/render.h"
#include "egresswatch/model/rcode.h"
#include "publish/text.h"

namespace egresswatch::check {
namespace {

// Members of one object, with the commas between them.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void text(std::string_view key, std::string_view value) {
    name(key);
    publish::append_json_string(out_, value);
  }
  void number(std::string_view key, std::uint64_t value) { name(key), out_ += std::to_string(value); }
  void flag(std::string_view key, bool value) { name(key), out_ += value ? "true" : "false"; }
  // Milliseconds with microseconds behind the point; left out for a stage that was not reached.
  void milliseconds(std::string_view key, std::uint64_t duration_ns) {
    if (duration_ns == 0) return;
    const std::string micros = std::to_string(duration_ns / 1000 % 1000);
    name(key);
    out_ += std::to_string(duration_ns / 1'000'000) + "." + std::string(3 - micros.size(), '0') + micros;
  }
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    publish::append_json_string(out_, key);
    out_ += ':';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string_view source_text(DnsResult::Source source) {
  switch (source) {
    case DnsResult::Source::literal:
      return "literal";
    case DnsResult::Source::hosts_file:
      return "hosts_file";
    case DnsResult::Source::resolver:
      return "resolver";
    default:
      return "none";
  }
}

void append_dns(std::string& out, const DnsResult& dns) {
  Object object(out);
  object.text("source", source_text(dns.source));
  if (dns.cause != DnsCause::none) object.text("cause", to_string(dns.cause));
  if (!dns.resolver.empty()) {
    object.text("resolver", dns.resolver);
    object.text("rcode", rcode_name(dns.rcode));
  }
  object.name("chain");
  out += '[';
  for (std::size_t i = 0; i < dns.chain.size(); ++i) {
    if (i > 0) out += ',';
    publish::append_json_string(out, dns.chain[i]);
  }
  out += ']';
  object.flag("private_endpoint", dns.private_endpoint);
  object.end();
}

void append_address(std::string& out, const AddressResult& address) {
  Object object(out);
  object.text("address", address.address.to_string());
  object.flag("ok", address.connected);
  object.milliseconds("connect_ms", address.duration_ns);
  if (!address.connected) {
    object.text("stage", to_string(address.failure.stage));
    object.text("cause", to_string(address.failure.cause));
  }
  if (address.error != 0) {
    std::string error;
    publish::append_error_name(error, address.error);
    object.text("error", error);
  }
  if (address.icmp.origin != 0) {
    object.number("icmp_type", address.icmp.type);
    object.number("icmp_code", address.icmp.code);
    object.text("icmp_from", address.icmp.sender.to_string());
  }
  object.end();
}

void append_tls(Object& object, std::string& out, const TlsResult& tls) {
  if (tls.duration_ns == 0) return;
  object.name("tls");
  Object inner(out);
  if (!tls.version.empty()) inner.text("version", tls.version);
  if (!tls.subject.empty()) inner.text("subject", tls.subject);
  if (!tls.issuer.empty()) inner.text("issuer", tls.issuer);
  if (!tls.problem.empty()) inner.text("problem", tls.problem);
  inner.end();
}

void append_timings(std::string& out, const EndpointResult& result) {
  Object object(out);
  object.milliseconds("dns", result.dns.duration_ns);
  object.milliseconds("tcp", result.connect_ns);
  object.milliseconds("proxy", result.proxy_ns);
  object.milliseconds("tls", result.tls.duration_ns);
  object.milliseconds("first_byte", result.http.first_byte_ns);
  object.end();
}

void append_result(std::string& out, const EndpointResult& result) {
  Object object(out);
  object.text("host", result.target.host);
  object.number("port", result.target.port);
  object.text("service", result.target.service);
  object.flag("ok", result.ok());
  if (result.dns_failed()) {
    object.text("stage", "dns");
    object.text("cause", to_string(result.dns.cause));
  } else if (result.failure) {
    object.text("stage", to_string(result.failure.stage));
    object.text("cause", to_string(result.failure.cause));
  }
  if (!result.ok()) object.text("sentence", advice(result));
  if (const std::string text = note(result); !text.empty()) object.text("note", text);
  if (!result.proxy.empty()) object.text("proxy", result.proxy);
  if (result.proxy_status != 0) object.number("proxy_status", result.proxy_status);
  object.name("dns");
  append_dns(out, result.dns);
  object.name("addresses");
  out += '[';
  for (std::size_t i = 0; i < result.addresses.size(); ++i) {
    if (i > 0) out += ',';
    append_address(out, result.addresses[i]);
  }
  out += ']';
  append_tls(object, out, result.tls);
  if (result.http.status != 0) object.number("http_status", result.http.status);
  if (!result.http.network_info.empty()) object.text("network_info", result.http.network_info);
  object.name("timings_ms");
  append_timings(out, result);
  object.end();
}

}  // namespace

std::string render_json(const std::vector<EndpointResult>& results) {
  std::string out;
  for (const EndpointResult& result : results) {
    append_result(out, result);
    out += '\n';
  }
  return out;
}

}  // namespace egresswatch::check
