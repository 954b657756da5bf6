// SPDX-License-Identifier: Apache-2.0
#include "config/services.h"

#include <algorithm>
#include <map>
#include <string>

#include "config/targets.h"

namespace egresswatch::config {
namespace {

constexpr std::size_t kMaxServices = 64;
constexpr std::size_t kMaxTargets = 20'000;  // hosts or addresses in one list
constexpr std::size_t kMaxServiceName = 40;

// Which line claimed a host pattern or prefix: the same one for two services would make one of them silently empty.
class Claims {
 public:
  // False, with a problem noted, if the target was there before.
  bool add(const Place& place, const std::string& target) {
    const auto [first, inserted] = lines_.emplace(target, place.node.line);
    if (!inserted) place.problem(target + " is listed twice, first in line " + std::to_string(first->second));
    return inserted;
  }

 private:
  std::map<std::string, std::size_t> lines_;
};

void read_hosts(const Place& place, Claims& claims, const std::function<void(HostPattern)>& add) {
  read_list(place, kMaxTargets, [&](const Place& item) {
    auto pattern = read_host(item);
    if (pattern && claims.add(item, pattern->to_string())) add(std::move(*pattern));
  });
}

void read_additions(MappingReader& reader, Claims& claims, std::vector<HostAddition>& additions) {
  for (ServiceId service = 1; service < kFirstUserService; ++service)
    if (const auto place = reader.find(kServiceNames[service]))
      read_hosts(*place, claims, [&](HostPattern pattern) { additions.push_back({service, std::move(pattern)}); });
}

bool is_service_name(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= kMaxServiceName && lower(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

void read_name(const Place& place, const std::vector<ServiceDefinition>& others, std::string& name) {
  if (!is_service_name(place.node.text))
    return place.expected("a name of at most 40 lower-case letters, digits and _ that begins with a letter");
  if (std::ranges::find(kServiceNames, std::string_view(place.node.text)) != kServiceNames.end())
    return place.expected("a name that is not built in (more hosts for a built-in service go under hosts)");
  if (std::ranges::find(others, place.node.text, &ServiceDefinition::name) != others.end())
    return place.expected("a name that no other service has");
  name = place.node.text;
}

void read_service(const Place& place, Claims& claims, std::vector<ServiceDefinition>& services) {
  MappingReader reader(place);
  if (place.node.kind == YamlNode::Kind::null) return place.expected("a mapping of keys to values");
  ServiceDefinition service;
  if (const auto name = reader.require("name")) read_name(*name, services, service.name);
  const auto hosts = reader.find("hosts");
  const auto addresses = reader.find("addresses");
  if (hosts) read_hosts(*hosts, claims, [&](HostPattern pattern) { service.hosts.push_back(std::move(pattern)); });
  if (addresses) {
    read_list(*addresses, kMaxTargets, [&](const Place& item) {
      const auto prefix = read_prefix(item);
      if (prefix && claims.add(item, prefix->to_string())) service.addresses.push_back(*prefix);
    });
  }
  if (const auto ports = reader.find("ports")) service.ports = read_ports(*ports);
  reader.finish();
  if (!hosts && !addresses && place.node.kind == YamlNode::Kind::mapping)
    place.problem("expected hosts, addresses or both");
  services.push_back(std::move(service));
}

}  // namespace

void read_classify(MappingReader& file, ClassifyOptions& options) {
  Claims claims;
  if (const auto place = file.find("cloud"))
    if (const auto index = read_choice(*place, std::span(kCloudNames).subspan(1)))
      options.cloud = static_cast<Cloud>(*index + 1);
  file.mapping("hosts", [&](MappingReader& reader) { read_additions(reader, claims, options.hosts); });
  file.mapping("vaults", [&](MappingReader& reader) {
    Claims vaults;
    const auto read = [&](std::string_view key, std::vector<HostPattern>& hosts) {
      if (const auto place = reader.find(key))
        read_hosts(*place, vaults, [&](HostPattern pattern) { hosts.push_back(std::move(pattern)); });
    };
    read("private_endpoint", options.private_endpoints);
    read("public_endpoint", options.public_endpoints);
  });
  if (const auto place = file.find("services"))
    read_list(*place, kMaxServices, [&](const Place& item) { read_service(item, claims, options.services); });
}

}  // namespace egresswatch::config
