// SPDX-License-Identifier: Apache-2.0
#include "check/targets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>

#include "egresswatch/model/host_pattern.h"

namespace egresswatch::check {
namespace {

constexpr std::string_view kInstanceMetadata = "169.254.169.254";

// What an SDK talks to unless it is told otherwise, and how vaults are named (catalog.yaml has the sources).
struct CloudHosts {
  std::string_view entra;
  std::string_view arm;
  std::string_view graph;
  std::string_view vault_suffix;
};

const CloudHosts& hosts_of(Cloud cloud) {
  static constexpr CloudHosts kPublic{"login.microsoftonline.com", "management.azure.com", "graph.microsoft.com",
                                      ".vault.azure.net"};
  static constexpr CloudHosts kChina{"login.chinacloudapi.cn", "management.chinacloudapi.cn",
                                     "microsoftgraph.chinacloudapi.cn", ".vault.azure.cn"};
  static constexpr CloudHosts kGovernment{"login.microsoftonline.us", "management.usgovcloudapi.net",
                                          "graph.microsoft.us", ".vault.usgovcloudapi.net"};
  if (cloud == Cloud::china) return kChina;
  return cloud == Cloud::usgov ? kGovernment : kPublic;
}

// Port 0 = the usual one of the service.
Target make_target(std::string_view host, std::uint16_t port, std::optional<Protocol> protocol,
                   const classify::Classifier& classifier) {
  const auto address = IpAddress::parse(host);
  const auto match_on = [&](std::uint16_t p) {
    return address ? classifier.by_address(*address, p) : classifier.by_name(host, p);
  };
  if (port == 0 && protocol) port = *protocol == Protocol::http ? 80 : 443;
  if (port == 0) {
    const ServiceId usual = match_on(0).service == kOtherService ? match_on(80).service : match_on(0).service;
    port = usual == id_of(BuiltinService::revocation) || usual == id_of(BuiltinService::imds) ||
                   usual == id_of(BuiltinService::wireserver)
               ? 80
               : 443;
  }
  const ServiceId service = match_on(port).service;
  Target target;
  target.service = classifier.service_name(service);
  target.kind = service < kFirstUserService ? static_cast<BuiltinService>(service) : BuiltinService::other;
  target.host = host;
  target.port = port;
  target.protocol = protocol.value_or(port == 80 ? Protocol::http : Protocol::https);
  return target;
}

bool is_vault_name(std::string_view text) {
  return text.size() >= 3 && text.find_first_of(".:/[]_") == std::string_view::npos && text != "localhost";
}

Error not_a_target(std::string_view text, std::string_view why) {
  return {"\"" + std::string(text.substr(0, 80)) + "\" is no host to check: " + std::string(why)};
}

// Takes http:// or https:// and everything from the path on away.
Result<std::optional<Protocol>> strip_url(std::string_view& text) {
  std::optional<Protocol> protocol;
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, end);
    if (scheme == "http")
      protocol = Protocol::http;
    else if (scheme == "https")
      protocol = Protocol::https;
    else
      return not_a_target(text, "a URL must begin with http:// or https://");
    text.remove_prefix(end + 3);
    text = text.substr(0, text.find_first_of("/?#"));
    if (text.find('@') != std::string_view::npos) return not_a_target("URL", "it has a user name in it");
  }
  return protocol;
}

}  // namespace

std::vector<Target> default_targets(const classify::Classifier& classifier, const ClassifyOptions& options,
                                    bool on_azure) {
  std::vector<Target> targets;
  const auto add = [&](std::string_view host, std::uint16_t port) {
    Target target = make_target(host, port, std::nullopt, classifier);
    if (targets.size() < kMaxTargets && std::ranges::find(targets, target) == targets.end())
      targets.push_back(std::move(target));
  };
  for (const HostAddition& addition : options.hosts)
    if (!addition.pattern.wildcard) add(addition.pattern.suffix, 0);

  const CloudHosts& cloud = hosts_of(options.cloud);
  add(cloud.entra, 443);
  add(cloud.arm, 443);
  add(cloud.graph, 443);
  for (const classify::ConfiguredHost& host : classifier.configured_hosts()) {
    if (host.service != id_of(BuiltinService::revocation) || host.legacy) continue;
    // the hosts of the certification authority's branch in China serve certificates of that cloud
    if (host.host.ends_with(".cn") && options.cloud != Cloud::china) continue;
    add(host.host, 80);
  }
  if (on_azure) add(kInstanceMetadata, 80);
  return targets;
}

Result<Target> parse_target(std::string_view text, const classify::Classifier& classifier, Cloud cloud) {
  const std::string_view whole = text;
  auto protocol = strip_url(text);
  if (!protocol) return protocol.error();

  if (const auto address = IpAddress::parse(text)) return make_target(address->to_string(), 0, *protocol, classifier);
  std::string_view host = text;
  std::string_view port_text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return not_a_target(whole, "the bracket is not closed");
    host = text.substr(1, end - 1);
    port_text = text.substr(end + 1);
    if (!IpAddress::parse(host)) return not_a_target(whole, "there is no IPv6 address in the brackets");
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port_text = text.substr(colon);
  }

  std::uint16_t port = 0;
  if (!port_text.empty()) {
    const char* end = port_text.data() + port_text.size();
    const auto [stop, problem] = std::from_chars(port_text.data() + 1, end, port);
    if (port_text[0] != ':' || problem != std::errc() || stop != end || port == 0)
      return not_a_target(whole, "the port must be a number from 1 to 65535");
  }
  if (const auto address = IpAddress::parse(host))
    return make_target(address->to_string(), port, *protocol, classifier);

  std::string name(host);
  if (!*protocol && is_vault_name(host)) name += hosts_of(cloud).vault_suffix;
  std::string_view problem;
  const auto pattern = HostPattern::parse(name, &problem);
  if (!pattern) return not_a_target(whole, problem);
  if (pattern->wildcard) return not_a_target(whole, "a pattern stands for many hosts");
  return make_target(pattern->suffix, port, *protocol, classifier);
}

bool runs_on_azure() {
  // the same for every virtual machine of Azure, and for no other of Hyper-V
  std::ifstream file("/sys/class/dmi/id/chassis_asset_tag");
  std::string tag;
  return std::getline(file, tag) && tag == "7783-7084-3265-9085-8269-3286-77";
}

}  // namespace egresswatch::check
