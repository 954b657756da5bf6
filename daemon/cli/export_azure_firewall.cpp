// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/allowlist.h"
#include "cli/arm_template.h"
#include "cli/export.h"
#include "cli/tag_cover.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kMaxDescription = 250;
constexpr int kGroupPriority = 500;    // of 100 to 65000, as those below
constexpr int kNetworkPriority = 100;  // the firewall looks at network rules first, whatever the priorities say
constexpr int kApplicationPriority = 200;
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;

// What an application rule can look into.
std::optional<std::string_view> application_protocol(const AllowedGroup& group) {
  if (group.protocol != Protocol::tcp) return std::nullopt;
  if (group.port == kHttps) return "Https";
  if (group.port == kHttp) return "Http";
  return std::nullopt;
}

std::optional<std::string_view> network_protocol(Protocol protocol) {
  switch (protocol) {
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::icmp:
      return "ICMP";
    default:
      return std::nullopt;
  }
}

boost::json::object rule(std::string_view type, const AllowedGroup& group, std::string_view suffix) {
  return {{"ruleType", type},
          {"name", rule_name(group, suffix)},
          {"description", description_of(group, kMaxDescription)},
          {"sourceAddresses", "[parameters('sourceAddresses')]"}};
}

class Writer {
 public:
  Writer(const Allowlist& list, const TagCover& cover) : cover_(cover) {
    for (const AllowedGroup& group : list.groups) add(group);
  }

  boost::json::array collections() {
    boost::json::array collections;
    if (!network_.empty()) collections.push_back(collection("egresswatch-network", kNetworkPriority, network_));
    if (!application_.empty())
      collections.push_back(collection("egresswatch-application", kApplicationPriority, application_));
    return collections;
  }
  [[nodiscard]] std::size_t untold() const { return untold_; }

 private:
  static boost::json::object collection(std::string_view name, int priority, boost::json::array& rules) {
    return {{"ruleCollectionType", "FirewallPolicyFilterRuleCollection"},
            {"name", name},
            {"priority", priority},
            {"action", {{"type", "Allow"}}},
            {"rules", std::move(rules)}};
  }

  void add(const AllowedGroup& group) {
    const auto protocol = network_protocol(group.protocol);
    boost::json::array names;
    boost::json::array addresses;
    const std::string_view tag = service_tag(group.service);
    bool tagged = false;
    for (const AllowedDestination& destination : group.destinations) {
      // what has ports can be told by its name
      if (protocol && !destination.host.empty() && group.port != 0) {
        names.emplace_back(destination.host);
        continue;
      }
      bool told = false;
      for (const IpAddress& address : destination.addresses) {
        if (!protocol || !address.is_v4() || is_platform(address)) continue;
        told = true;
        if (!tag.empty() && cover_.may_contain(group.service, address)) {
          tagged = true;
        } else {
          addresses.emplace_back(address.to_string());
        }
      }
      if (!told) ++untold_;
    }
    if (!names.empty()) add_names(group, *protocol, std::move(names));
    if (tagged) add_network(group, *protocol, "tag", "destinationAddresses", {tag});
    if (!addresses.empty()) add_network(group, *protocol, "addresses", "destinationAddresses", std::move(addresses));
  }

  void add_names(const AllowedGroup& group, std::string_view protocol, boost::json::array names) {
    const auto application = application_protocol(group);
    if (!application) return add_network(group, protocol, "names", "destinationFqdns", std::move(names));
    boost::json::object named = rule("ApplicationRule", group, {});
    named["protocols"] = boost::json::array{{{"protocolType", *application}, {"port", group.port}}};
    named["targetFqdns"] = std::move(names);
    named["terminateTLS"] = false;
    application_.push_back(std::move(named));
  }

  void add_network(const AllowedGroup& group, std::string_view protocol, std::string_view suffix,
                   std::string_view destination, boost::json::array values) {
    boost::json::object network = rule("NetworkRule", group, suffix);
    network["ipProtocols"] = boost::json::array{protocol};
    network[destination] = std::move(values);
    network["destinationPorts"] = boost::json::array{group.port == 0 ? std::string("*") : std::to_string(group.port)};
    network_.push_back(std::move(network));
  }

  const TagCover& cover_;
  boost::json::array network_;
  boost::json::array application_;
  std::size_t untold_ = 0;
};

}  // namespace

std::string export_azure_firewall(const ExportInput& input) {
  const Allowlist list = make_allowlist(input);
  if (list.groups.empty()) return {};
  const TagCover cover(input.tags);
  Writer writer(list, cover);
  ArmTemplate arm{
      .format = "azure-firewall",
      .cannot_say =
          {"IPv6: Azure Firewall forwards IPv4 only",
           "instance metadata (169.254.169.254) and WireServer (168.63.129.16): no route leads them through a firewall",
           "names in network rules, without DNS proxy in the policy: dnsSettings.enableProxy, and clients that ask it",
           "private endpoints, unless routes send their traffic through the firewall",
           "whom a client without SNI meant: a rule with a service tag allows every vault, or all of the service",
           "that addresses change: those of destinations without a name are what was seen"},
      .not_in_it = {},
      .parameters = {{"firewallPolicyName", arm_parameter("string", "Name of an existing firewall policy")},
                     {"sourceAddresses",
                      arm_parameter("array", "Addresses of this host; * lets every host in the network use these rules",
                                    boost::json::array{"*"})}},
      .resources = {}};
  if (writer.untold() > 0)
    arm.not_in_it.push_back(
        "without a name and an IPv4 address, answering this host only, or of a protocol that the"
        " firewall cannot tell from others: " +
        std::to_string(writer.untold()));
  arm.resources.push_back({{"type", "Microsoft.Network/firewallPolicies/ruleCollectionGroups"},
                           {"apiVersion", kNetworkApiVersion},
                           {"name", "[concat(parameters('firewallPolicyName'), '/egresswatch')]"},
                           {"properties", {{"priority", kGroupPriority}, {"ruleCollections", writer.collections()}}}});
  return to_text(std::move(arm), input, list);
}

}  // namespace egresswatch::cli
