// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "config/read_file.h"
#include "config/reader.h"
#include "config/targets.h"
#include "config/text.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

constexpr std::size_t kMaxTargets = 20'000;  // hosts or addresses in one rule
constexpr std::size_t kMaxServices = 80;
constexpr std::size_t kMaxSelector = 255;
constexpr std::uint16_t kDnsPort = 53;

class PolicyReader {
 public:
  explicit PolicyReader(const PolicyNames& names) : names_(names) {}

  void read(MappingReader& file, PolicyOptions& policy) const {
    if (const auto place = file.find("default")) {
      if (const auto index = read_choice(*place, kPolicyModeNames)) policy.mode = static_cast<PolicyMode>(*index);
    }
    read_rules(file, policy.allow);
    if (const auto place = file.find("units"))
      read_list(*place, kMaxPolicySections, [&](const Place& item) { read_section(item, policy.sections); });
  }

 private:
  void read_rules(MappingReader& reader, std::vector<PolicyRule>& rules) const {
    if (const auto place = reader.find("allow"))
      read_list(*place, kMaxPolicyRules, [&](const Place& item) { read_rule(item, rules); });
  }

  void read_rule(const Place& place, std::vector<PolicyRule>& rules) const {
    MappingReader reader(place);
    if (place.node.kind == YamlNode::Kind::null) return place.expected("a mapping of keys to values");
    PolicyRule rule;
    rule.line = place.node.line;
    const auto services = reader.find("services");
    const auto hosts = reader.find("hosts");
    const auto addresses = reader.find("addresses");
    const auto resolvers = reader.find("resolvers");
    if (services)
      read_list(*services, kMaxServices, [&](const Place& item) {
        if (const auto service = read_service(item)) rule.services.push_back(*service);
      });
    if (hosts)
      read_list(*hosts, kMaxTargets, [&](const Place& item) {
        if (auto host = read_host(item)) rule.hosts.push_back(std::move(*host));
      });
    if (addresses)
      read_list(*addresses, kMaxTargets, [&](const Place& item) {
        if (const auto prefix = read_prefix(item)) rule.addresses.push_back(*prefix);
      });
    if (resolvers) {
      rule.resolvers = read_flag(*resolvers).value_or(false);
      if (!rule.resolvers) resolvers->expected("true, or no such key");
      for (const IpAddress& address : names_.resolvers) rule.addresses.push_back({address, IpPrefix::kAddressBits});
      rule.ports = {kDnsPort};
      rule.protocols.add(PolicyProtocol::udp);
    }
    if (const auto ports = reader.find("ports")) rule.ports = read_ports(*ports);
    if (const auto protocols = reader.find("protocols")) read_protocols(*protocols, rule.protocols);
    reader.finish();
    if (resolvers && (services || hosts || addresses))
      resolvers->problem("write a rule of its own for them: their ports and protocols differ");
    const bool has_keys = place.node.kind == YamlNode::Kind::mapping;
    if (has_keys && !services && !hosts && !addresses && !resolvers)
      place.problem("expected services, hosts, addresses or resolvers");
    rules.push_back(std::move(rule));
  }

  [[nodiscard]] std::optional<ServiceId> read_service(const Place& place) const {
    const auto known = names_.services.subspan(1);
    const auto found = std::ranges::find(known, place.node.text);
    if (place.node.kind == YamlNode::Kind::scalar && found != known.end())
      return static_cast<ServiceId>(found - known.begin() + 1);
    const std::vector<std::string_view> words(known.begin(), known.end());
    const auto meant = nearest(place.node.text, words);
    place.expected(meant ? "a service of the catalog or the configuration, did you mean " + std::string(*meant) + "?"
                         : "a service of the catalog or the configuration");
    return std::nullopt;
  }

  static void read_protocols(const Place& place, PolicyProtocols& protocols) {
    protocols = {};
    read_list(place, kPolicyProtocolNames.size(), [&](const Place& item) {
      if (const auto index = read_choice(item, kPolicyProtocolNames))
        protocols.add(static_cast<PolicyProtocol>(*index));
    });
    if (place.node.items.empty()) place.expected("at least one protocol");
  }

  void read_section(const Place& place, std::vector<PolicySection>& sections) const {
    MappingReader reader(place);
    if (place.node.kind == YamlNode::Kind::null) return place.expected("a mapping of keys to values");
    PolicySection section;
    section.line = place.node.line;
    PolicySelector& who = section.who;
    bool any = false;
    const auto read_selector = [&](std::string_view key, std::string& value) {
      auto selector = reader.find(key);
      if (!selector) return selector;
      any = true;
      constexpr std::string_view kExpected = "a text of 1 to 255 characters";
      if (const auto text = read_text(*selector, kExpected)) {
        if (text->empty() || text->size() > kMaxSelector) selector->expected(kExpected);
        value = *text;
      }
      return selector;
    };
    read_selector("unit", who.unit);
    read_selector("slice", who.slice);
    read_selector("container", who.container);
    read_selector("process", who.process);
    if (const auto user = read_selector("user", who.user); user && !who.user.empty()) {
      who.uid = uid_of(who.user);
      if (!who.uid) user->expected("a user of this host, by name or number");
    }
    if (const auto mode = reader.find("default"))
      if (const auto index = read_choice(*mode, kPolicyModeNames)) section.mode = static_cast<PolicyMode>(*index);
    read_rules(reader, section.allow);
    reader.finish();
    if (place.node.kind == YamlNode::Kind::mapping && !any)
      place.problem("expected unit, slice, container, process or user (what everybody may reach goes under allow)");
    sections.push_back(std::move(section));
  }

  [[nodiscard]] std::optional<std::uint32_t> uid_of(const std::string& user) const {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
    if (error == std::errc{} && end == user.data() + user.size()) return number;
    return names_.uid_of(user);
  }

  const PolicyNames& names_;
};

}  // namespace

std::optional<std::uint32_t> uid_of_user(const std::string& name) {
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::array<char, 16 * 1024> buffer{};
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_uid;
}

Result<PolicyOptions> parse_policy(std::string_view text, std::string_view file_name, const PolicyNames& names) {
  const auto root = parse_yaml(text, file_name);
  if (!root) return root.error();
  Problems problems(file_name);
  PolicyOptions policy;
  MappingReader file({*root, "", problems});
  PolicyReader(names).read(file, policy);
  file.finish();
  if (!problems.empty()) return problems.error();
  return policy;
}

Result<PolicyOptions> load_policy(const std::string& path, const PolicyNames& names) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) return std::move(text).error().in(path);
  return parse_policy(*text, path, names);
}

}  // namespace egresswatch::config
