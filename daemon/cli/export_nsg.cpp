// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/allowlist.h"
#include "cli/arm_template.h"
#include "cli/export.h"
#include "cli/tag_cover.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kMaxDescription = 140;
constexpr std::size_t kMaxAddresses = 4000;  // of one rule
constexpr int kFirstPriority = 100;
constexpr int kLastPriority = 4096;  // of the rule that denies everything else
constexpr int kStep = 10;            // room for rules of others, as long as there is enough

constexpr std::string_view kDenyTheRest =
    "Adds the rule that denies everything else, also within the virtual network and to DNS servers of your own";
constexpr std::string_view kTypeOfRule = "Microsoft.Network/networkSecurityGroups/securityRules";
constexpr IpAddress kInstanceMetadata{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254, 169, 254}};

std::optional<std::string_view> rule_protocol(Protocol protocol) {
  constexpr auto kEsp = static_cast<Protocol>(50);
  constexpr auto kAh = static_cast<Protocol>(51);
  if (protocol == kEsp) return "Esp";
  if (protocol == kAh) return "Ah";
  switch (protocol) {
    case Protocol::tcp:
      return "Tcp";
    case Protocol::udp:
      return "Udp";
    case Protocol::icmp:
    case Protocol::icmpv6:
      return "Icmp";
    default:
      return std::nullopt;
  }
}

// Where one group leads, in the terms of a network security group.
struct Where {
  bool metadata = false;  // instance metadata: a tag of its own
  bool tag = false;       // the tag of the service
  std::vector<IpAddress> v4;
  std::vector<IpAddress> v6;
  std::vector<std::string> without_address;  // names that were seen without an address, where no tag stands in
  std::size_t untold = 0;
};

Where where(const AllowedGroup& group, const TagCover& cover) {
  Where found;
  const bool tagged = !service_tag(group.service).empty();
  for (const AllowedDestination& destination : group.destinations) {
    bool told = false;
    for (const IpAddress& address : destination.addresses) {
      if (address == kInstanceMetadata) {
        found.metadata = told = true;
        continue;
      }
      if (is_platform(address)) continue;
      told = true;
      // the daemon saw it outside, and here nothing says which of the addresses that was
      const bool outside = destination.outside_service_tag && cover.prefixes(group.service).empty();
      if (tagged && !outside && cover.may_contain(group.service, address)) {
        found.tag = true;
        continue;
      }
      (address.is_v4() ? found.v4 : found.v6).push_back(address);
    }
    if (told) continue;
    if (destination.addresses.empty() && tagged) {
      found.tag = true;
    } else if (destination.addresses.empty() && !destination.host.empty()) {
      found.without_address.push_back(destination.host);
    } else {
      ++found.untold;
    }
  }
  for (auto* addresses : {&found.v4, &found.v6}) {
    std::ranges::sort(*addresses);
    addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
  }
  return found;
}

struct NamedRule {
  std::string name;
  boost::json::object properties;
};

class Writer {
 public:
  Writer(const Allowlist& list, const TagCover& cover) {
    for (const AllowedGroup& group : list.groups) add(group, cover);
  }

  // Numbered, with the one that denies the rest at the end.
  boost::json::array rules() {
    const auto room = static_cast<std::size_t>(kLastPriority - kFirstPriority);
    if (rules_.size() > room) {
      beyond_ = rules_.size() - room;
      rules_.resize(room);
    }
    const int step = rules_.size() * kStep <= room ? kStep : 1;
    int priority = kFirstPriority;
    boost::json::array resources;
    for (NamedRule& rule : rules_) {
      rule.properties["priority"] = priority;
      priority += step;
      resources.push_back(resource(rule.name, std::move(rule.properties)));
    }
    boost::json::object deny =
        resource("egresswatch-deny-the-rest",
                 {{"description", "Without this rule the others change nothing: everything is allowed by default"},
                  {"access", "Deny"},
                  {"protocol", "*"},
                  {"destinationAddressPrefix", "*"},
                  {"destinationPortRange", "*"},
                  {"priority", kLastPriority}});
    deny["condition"] = "[parameters('denyTheRest')]";
    resources.push_back(std::move(deny));
    return resources;
  }

  [[nodiscard]] std::vector<std::string> not_in_it() const {
    std::vector<std::string> sentences;
    for (const std::string& host : without_address_)
      sentences.push_back("without an address, so never connected to: " + host);
    if (untold_ > 0)
      sentences.push_back(
          "without name and address, exempt from network security groups, or of a protocol that these do not"
          " know: " +
          std::to_string(untold_));
    if (beyond_ > 0)
      sentences.push_back("rules beyond those that a network security group can have: " + std::to_string(beyond_));
    return sentences;
  }

 private:
  static boost::json::object resource(const std::string& name, boost::json::object&& own) {
    boost::json::object properties = std::move(own);
    properties["direction"] = "Outbound";
    properties["sourceAddressPrefix"] = "[parameters('sourceAddressPrefix')]";
    properties["sourcePortRange"] = "*";
    return {{"type", kTypeOfRule},
            {"apiVersion", kNetworkApiVersion},
            {"name", "[concat(parameters('networkSecurityGroupName'), '/" + name + "')]"},
            {"properties", std::move(properties)}};
  }

  void add(const AllowedGroup& group, const TagCover& cover) {
    const auto protocol = rule_protocol(group.protocol);
    if (!protocol) {
      untold_ += group.destinations.size();
      return;
    }
    const Where found = where(group, cover);
    if (found.metadata) add_tag(group, *protocol, "metadata", "AzurePlatformIMDS");
    if (found.tag) add_tag(group, *protocol, "tag", service_tag(group.service));
    add_addresses(group, *protocol, "v4", found.v4);
    add_addresses(group, *protocol, "v6", found.v6);
    without_address_.insert(without_address_.end(), found.without_address.begin(), found.without_address.end());
    untold_ += found.untold;
  }

  void add_tag(const AllowedGroup& group, std::string_view protocol, std::string_view suffix, std::string_view tag) {
    NamedRule rule = allow(group, protocol, suffix);
    rule.properties["destinationAddressPrefix"] = tag;
    rules_.push_back(std::move(rule));
  }

  // IPv4 and IPv6 cannot be in one rule.
  void add_addresses(const AllowedGroup& group, std::string_view protocol, std::string_view family,
                     const std::vector<IpAddress>& addresses) {
    for (std::size_t begin = 0; begin < addresses.size(); begin += kMaxAddresses) {
      std::string suffix(family);
      if (begin > 0) suffix += "-" + std::to_string(begin / kMaxAddresses + 1);
      NamedRule rule = allow(group, protocol, suffix);
      boost::json::array prefixes;
      for (std::size_t i = begin; i < std::min(begin + kMaxAddresses, addresses.size()); ++i)
        prefixes.emplace_back(addresses[i].to_string());
      rule.properties["destinationAddressPrefixes"] = std::move(prefixes);
      rules_.push_back(std::move(rule));
    }
  }

  static NamedRule allow(const AllowedGroup& group, std::string_view protocol, std::string_view suffix) {
    return {rule_name(group, suffix),
            {{"description", description_of(group, kMaxDescription)},
             {"access", "Allow"},
             {"protocol", protocol},
             {"destinationPortRange", group.port == 0 ? std::string("*") : std::to_string(group.port)}}};
  }

  std::vector<NamedRule> rules_;
  std::vector<std::string> without_address_;
  std::size_t untold_ = 0;
  std::size_t beyond_ = 0;
};

}  // namespace

std::string export_nsg(const ExportInput& input) {
  const Allowlist list = make_allowlist(input);
  if (list.groups.empty()) return {};
  const TagCover cover(input.tags);
  Writer writer(list, cover);
  ArmTemplate arm{
      .format = "nsg",
      .cannot_say = {"names: a network security group knows addresses and service tags",
                     "which vault: AzureKeyVault is every vault of every customer",
                     "AzureKeyVault.<region> is narrower, and a vault that fails over leaves it",
                     "Graph, Managed HSM and revocation hosts have no tag: their addresses are those seen, and change",
                     "without service tags in the configuration: which hosts are outside their tag, such as AD FS",
                     "WireServer and the DNS of Azure (168.63.129.16): they are exempt, and need no rule",
                     "more than priorities 100 to 4096, and 4,000 addresses in a rule"},
      .not_in_it = {},
      .parameters = {{"networkSecurityGroupName",
                      arm_parameter("string", "Name of an existing network security group")},
                     {"sourceAddressPrefix",
                      arm_parameter("string", "Address of this host; * is every host that the group is for", "*")},
                     {"denyTheRest", arm_parameter("bool", kDenyTheRest, false)}},
      .resources = {}};
  arm.resources = writer.rules();
  arm.not_in_it = writer.not_in_it();
  return to_text(std::move(arm), input, list);
}

}  // namespace egresswatch::cli
