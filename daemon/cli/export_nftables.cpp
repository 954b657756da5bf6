// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/allowlist.h"
#include "cli/export.h"
#include "cli/export_text.h"
#include "cli/tag_cover.h"

namespace egresswatch::cli {
namespace {

constexpr std::string_view kTable = "inet egresswatch_allowlist";
constexpr std::string_view kLimits = R"(#
# What nftables cannot say:
# - names. It knows addresses, and those below are what was seen, or what the service tags that were loaded list. Azure
#   changes them without notice: write this file anew when it does, and prefer a firewall that knows names.
# - which vault. Vaults share addresses, and so do the hosts of Entra: who may reach one of them reaches others.
# - ports of a host. Addresses are known by host, not by port: a host with two ports is in both sets with all of them.
)";
constexpr std::string_view kFixedRules = R"(
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "lo" accept comment "this host itself"
    ct state established,related accept comment "what was allowed to begin"
    meta l4proto { tcp, udp } th dport 53 accept comment "DNS: narrow it to the servers of this network"
    udp dport { 67, 547 } accept comment "DHCP"
    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept comment "IPv6 needs these"
    icmpv6 type { mld-listener-report, mld2-listener-report } accept comment "and switches these"
)";
constexpr std::string_view kFinalDrop = R"(
    # Until this line is in force the table changes nothing: everything else is let through, too.
    # counter drop
  }
}
)";

// The elements of one set, v4 and v6 apart.
struct Elements {
  std::vector<IpPrefix> v4;
  std::vector<IpPrefix> v6;
};

void add(Elements& elements, const IpPrefix& prefix) {
  (prefix.address.is_v4() && prefix.length >= IpPrefix::kMappedBits ? elements.v4 : elements.v6).push_back(prefix);
}

Elements elements_of(const AllowedGroup& group, const TagCover& cover) {
  Elements elements;
  for (const IpPrefix& prefix : cover.prefixes(group.service)) add(elements, prefix);
  for (const AllowedDestination& destination : group.destinations)
    for (const IpAddress& address : destination.addresses) add(elements, {address, IpPrefix::kAddressBits});
  return {without_contained(std::move(elements.v4)), without_contained(std::move(elements.v6))};
}

// A name that is no word of nft's language.
std::string set_name(const AllowedGroup& group, std::string_view family) {
  std::string name = "to_" + group.service + "_" + to_string(group.protocol);
  if (group.port != 0) name += "_" + std::to_string(group.port);
  return name + "_" + std::string(family);
}

void append_set(std::string& out, const std::string& name, std::string_view type, std::span<const IpPrefix> elements) {
  if (elements.empty()) return;
  out.append("  set ")
      .append(name)
      .append(" {\n    type ")
      .append(type)
      .append("\n    flags interval\n    elements = {");
  for (std::size_t i = 0; i < elements.size(); ++i)
    out.append(i == 0 ? "\n      " : ",\n      ").append(elements[i].to_string());
  out += "\n    }\n  }\n";
}

std::string what(const AllowedGroup& group) {
  if (group.port != 0) return to_string(group.protocol) + " dport " + std::to_string(group.port);
  return "meta l4proto " + std::to_string(static_cast<unsigned>(group.protocol));
}

void append_rule(std::string& out, const AllowedGroup& group, std::string_view family, std::string_view address,
                 std::span<const IpPrefix> elements) {
  if (elements.empty()) return;
  out.append("    ").append(address).append(" daddr @").append(set_name(group, family));
  out.append(" ").append(what(group)).append(" accept\n");
}

}  // namespace

std::string export_nftables(const ExportInput& input) {
  const Allowlist list = make_allowlist(input);
  if (list.groups.empty()) return {};
  const TagCover cover(input.tags);

  std::string out = "#!/usr/sbin/nft -f\n# Outbound allowlist of " + origin(input) + ".\n";
  out +=
      "# Written by `egresswatch export nftables`, which changes nothing. `nft -c -f FILE` checks it, `nft -f` loads "
      "it.\n";
  out += kLimits;
  if (const auto missing = left_out(list); !missing.empty()) {
    out += "#\n# Destinations that are not in here:\n";
    for (const std::string& sentence : missing) out.append("# - ").append(sentence).append("\n");
  }
  out.append("\ntable ").append(kTable).append("\ndelete table ").append(kTable);
  out.append("\n\ntable ").append(kTable).append(" {\n");

  std::string rules;
  for (const AllowedGroup& group : list.groups) {
    const Elements elements = elements_of(group, cover);
    out.append("  # ").append(title(group)).append("\n");
    for (const AllowedDestination& destination : group.destinations) {
      out.append("  #   ").append(remark(destination));
      if (destination.addresses.empty()) out += "; no address of it was seen";
      out += "\n";
    }
    if (!cover.prefixes(group.service).empty()) out += "  #   and every address of the service tags that were loaded\n";
    append_set(out, set_name(group, "v4"), "ipv4_addr", elements.v4);
    append_set(out, set_name(group, "v6"), "ipv6_addr", elements.v6);
    append_rule(rules, group, "v4", "ip", elements.v4);
    append_rule(rules, group, "v6", "ip6", elements.v6);
  }
  out += kFixedRules;
  out += rules;
  out += kFinalDrop;
  return out;
}

}  // namespace egresswatch::cli
