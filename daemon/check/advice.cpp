// SPDX-License-Identifier: Apache-2.0
#include "check/advice.h"

#include "egresswatch/model/rcode.h"
#include "publish/text.h"

namespace egresswatch::check {
namespace {

std::string resolver_says(const EndpointResult& result, std::string_view what) {
  return "resolver " + result.dns.resolver + " " + std::string(what) + " for " + result.proxy_or_host();
}

std::string dns_advice(const EndpointResult& result) {
  switch (result.dns.cause) {
    case DnsCause::nxdomain:
      return resolver_says(result, "says NXDOMAIN") + ": there is no such name; check its spelling and the cloud";
    case DnsCause::private_record_missing:
      return resolver_says(result, "says NXDOMAIN") + ", and its alias is " +
             (result.dns.chain.empty() ? std::string("in the private link zone") : result.dns.chain.back()) +
             ": the private DNS zone is linked but has no record; add the A record of the private endpoint to it";
    case DnsCause::servfail:
      return resolver_says(result, "says SERVFAIL") + ": it could not ask further; check its forwarders";
    case DnsCause::refused:
      return resolver_says(result, "says REFUSED") + ": allow this host to ask it, or use another resolver";
    case DnsCause::no_answer:
      return "no resolver answers for " + result.proxy_or_host() +
             ": check the addresses in /etc/resolv.conf and that UDP and TCP port 53 to them are open";
    case DnsCause::empty:
      return resolver_says(result, "gives no address") +
             (result.dns.rcode == 0 ? "" : " (" + std::string(rcode_name(result.dns.rcode)) + ")") +
             ": the name exists without A or AAAA record";
    case DnsCause::sinkhole:
      if (result.dns.source == DnsResult::Source::hosts_file)
        return "/etc/hosts gives " + result.proxy_or_host() + " an address that leads nowhere: take the line out";
      return resolver_says(result, "gives an address that leads nowhere") +
             ": a filtering resolver blocks the name; have it allowed";
    default:
      return {};
  }
}

const AddressResult* reported_address(const EndpointResult& result) {
  for (const AddressResult& address : result.addresses)
    if (!address.connected && address.failure == result.failure) return &address;
  return nullptr;
}

std::string icmp_text(const AddressResult* address) {
  if (address == nullptr || address->icmp.origin == 0) return "an ICMP message";
  return (address->icmp.origin == 3 ? "ICMPv6 type " : "ICMP type ") + std::to_string(address->icmp.type) + " code " +
         std::to_string(address->icmp.code) + " from " +
         (address->icmp.from_this_host ? "this host itself" : address->icmp.sender.to_string());
}

std::string connect_advice(const EndpointResult& result) {
  const AddressResult* address = reported_address(result);
  const std::string where = address ? address->address.to_string() : result.proxy_or_host();
  switch (result.failure.cause) {
    case Cause::no_route:
      return "no route to " + where + ": add a route or a default gateway";
    case Cause::prohibited:
      return "a route of this host forbids " + where + ": see ip route get " + where;
    case Cause::denied_locally:
      return "this host denies the connection to " + where +
             " before a packet leaves: look for a cgroup program (systemd IPAddressDeny=) or a security module";
    case Cause::no_local_port:
      return "no free local port for " + where + ": too many connections, or net.ipv4.ip_local_port_range is too small";
    case Cause::refused:
      return where + " refused the connection: the port is closed, or a firewall rejects; allow TCP port " +
             std::to_string(result.target.port);
    case Cause::icmp_prohibited:
      return icmp_text(address) + " says that " + where + " is prohibited: " +
             (address && address->icmp.from_this_host ? "the firewall of this host rejects; look at nft list ruleset"
                                                      : "a firewall rejects; allow it there");
    case Cause::icmp_unreachable:
      return icmp_text(address) + " says that " + where + " cannot be reached: check routing behind the sender";
    case Cause::neighbour:
      return "the next hop to " + where + " does not answer ARP or neighbour discovery: check the gateway";
    default:
      return "no reply from " + where + ": packets are dropped in silence, most likely by a firewall; allow TCP port " +
             std::to_string(result.target.port) + " to " + result.target.host;
  }
}

std::string tls_advice(const EndpointResult& result) {
  const std::string problem = result.tls.problem.empty() ? "" : " (" + result.tls.problem + ")";
  switch (result.failure.cause) {
    case Cause::reset_after_hello:
      return "reset after the TLS hello" + problem + ": something reads the server name and blocks it; allow " +
             result.target.host + " in the firewall";
    case Cause::closed_after_hello:
      return "closed after the TLS hello" + problem +
             ": something reads the server name and blocks it, or the server wants other TLS settings";
    case Cause::no_server_response:
      return "the TLS hello was acknowledged and not answered: something swallows it, often a firewall that reads the "
             "server name";
    case Cause::hello_not_acked:
      return "the TLS hello was never acknowledged: a path MTU black hole or a firewall that drops data after the "
             "handshake";
    default:
      break;
  }
  std::string text = "what the server sent is not acceptable" + problem;
  if (!result.tls.issuer.empty())
    text += ": certificate of " + result.tls.subject + ", issued by " + result.tls.issuer +
            "; if that is your inspecting proxy, exempt " + result.target.host + " or install its CA";
  return text;
}

std::string later_advice(const EndpointResult& result) {
  switch (result.failure.cause) {
    case Cause::proxy_auth_required:
      return "proxy " + result.proxy + " asks for credentials (407): put them into https_proxy";
    case Cause::proxy_denied:
      return "proxy " + result.proxy + " denies it (" + std::to_string(result.proxy_status) + "): allow CONNECT to " +
             result.target.host + ":" + std::to_string(result.target.port);
    case Cause::proxy_error:
      if (result.proxy_status == 0) return "proxy " + result.proxy + " gave no HTTP answer to CONNECT";
      return "proxy " + result.proxy + " answered " + std::to_string(result.proxy_status) +
             ": it cannot reach the host itself; check its DNS and its own way out";
    case Cause::denied_by_firewall:
      return "status 470: Azure Firewall denies it; add an application rule for " + result.target.host;
    case Cause::imds_throttled:
      return "status 429: instance metadata is asked too often; find out who does";
    case Cause::http_error:
      if (result.http.status == 0)
        return "closed without an HTTP answer: something between blocks, or it is no HTTP server";
      return "status " + std::to_string(result.http.status) + " from " + result.target.host;
    case Cause::reset:
      return "reset in place of an answer: something between blocks after the handshake";
    default:
      return "no answer to the request before the timeout: something between swallows it, or the server is slow";
  }
}

std::string printable(const std::string& text) {
  std::string out;
  // in pieces: append_plain cuts what is longer than 255 bytes
  for (std::size_t at = 0; at < text.size(); at += 128)
    publish::append_plain(out, std::string_view(text).substr(at, 128));
  return out;
}

}  // namespace

std::string advice(const EndpointResult& result) {
  if (result.dns_failed()) return printable(dns_advice(result));
  switch (result.failure.stage) {
    case Stage::none:
      return {};
    case Stage::route:
    case Stage::connect:
      return printable(connect_advice(result));
    case Stage::tls:
      return printable(tls_advice(result));
    default:
      return printable(later_advice(result));
  }
}

std::string note(const EndpointResult& result) {
  std::string text;
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : "; ") + sentence; };
  if (result.dns.source == DnsResult::Source::hosts_file)
    add("/etc/hosts gives the address of " + result.proxy_or_host() + ", the DNS was not asked");
  if (result.dns.cause == DnsCause::public_answer_despite_private_link)
    add("a public address, although the name has a private link: this resolver does not see the private DNS zone");
  if (result.used)
    for (const AddressResult& address : result.addresses)
      if (!address.connected)
        add(address.address.to_string() + " does not work (" + std::string(to_string(address.failure.stage)) + "/" +
            std::string(to_string(address.failure.cause)) + ")");
  return printable(text);
}

}  // namespace egresswatch::check
