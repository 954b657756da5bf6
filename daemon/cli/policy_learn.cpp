// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_learn.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "egresswatch/model/host_pattern.h"
#include "egresswatch/model/policy.h"
#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxAddressesShown = 8;

// Of one host, or of all that have no name.
struct Use {
  std::uint64_t attempts = 0;
  std::uint64_t established = 0;

  void add(const Observation& seen) {
    attempts += seen.attempts;
    established += seen.established;
  }
};

struct Ports {
  PolicyProtocol protocol = PolicyProtocol::tcp;
  std::set<std::uint16_t> ports;  // without 0
  auto operator<=>(const Ports&) const = default;
};

struct UnitUse {
  std::set<std::string> services;
  std::map<std::pair<std::string, PolicyProtocol>, std::pair<Ports, Use>> hosts;
  std::map<std::pair<PolicyProtocol, std::uint16_t>, Use> nameless;
  std::map<std::tuple<std::string, std::uint16_t, Unexpected>, Use> flagged;
  std::uint64_t no_names = 0;  // what was called by what is no host name
};

bool is_vault_name(std::string_view service) {
  return service == to_string(BuiltinService::key_vault) || service == to_string(BuiltinService::managed_hsm);
}

// In double quotes: what a unit is called is anybody's choice.
std::string quoted(std::string_view text) {
  std::string result;
  publish::append_json_string(result, text);
  return result;
}

std::string count_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " connection" : " connections");
}

class Learner {
 public:
  void add(const Observation& seen) {
    UnitUse& unit = units_[seen.unit];
    // the history does not tell raw sockets; what has no port is judged by its protocol alone
    const PolicyProtocol protocol = policy_protocol(seen.protocol, false);
    const bool flagged = seen.unexpected != Unexpected::none && seen.unexpected != Unexpected::outside_service_tag;
    if (flagged) return unit.flagged[{seen.host, seen.port, seen.unexpected}].add(seen);
    const bool other = seen.service == to_string(BuiltinService::other);
    // a vault without a name is known by its service tag
    if (!other && (!is_vault_name(seen.service) || seen.host.empty())) {
      unit.services.insert(seen.service);
    } else if (!seen.host.empty()) {
      if (!HostPattern::parse(seen.host)) {
        unit.no_names += seen.attempts;
        return;
      }
      auto& [ports, use] = unit.hosts[{seen.host, protocol}];
      ports.protocol = protocol;
      if (seen.port != 0) ports.ports.insert(seen.port);
      use.add(seen);
    } else {
      resolvers_ = resolvers_ || seen.port == kDnsPort;
      unit.nameless[{protocol, seen.port}].add(seen);
    }
  }

  std::string text(const LearnInput& input) {
    for (const ObservedAddress& seen : input.addresses)
      if (seen.host.empty() && seen.service == to_string(BuiltinService::other))
        nameless_.insert(seen.address.to_string());
    out_ = "# What " + input.machine + " was seen to use from ";
    publish::append_timestamp(out_, input.begin_ns);
    out_ += " to ";
    publish::append_timestamp(out_, input.end_ns);
    out_ += ".\n# Read it before you trust it: what was there already when this was learned is in it, wanted or not.\n";
    out_ += "default: flag\n";
    if (resolvers_) out_ += "allow:\n  - resolvers: true\n";
    out_ += "units:\n";
    for (const auto& [name, unit] : units_) write(name, unit);
    return std::move(out_);
  }

 private:
  void write(const std::string& name, const UnitUse& unit) {
    // it would be a section for other units as well, and who calls itself so may want just that
    if (name.find('*') != std::string::npos) {
      out_ += "  # left out, since * stands for any characters: the unit " + quoted(name) + "\n";
      return;
    }
    out_ += "  - unit: " + quoted(name) + "\n";
    const bool allows = !unit.services.empty() || !unit.hosts.empty();
    if (allows) out_ += "    allow:\n";
    if (!unit.services.empty()) {
      out_ += "      - services: [";
      bool first = true;
      for (const std::string& service : unit.services) {
        if (!std::exchange(first, false)) out_ += ", ";
        out_ += service;
      }
      out_ += "]\n";
    }
    write_hosts(unit);
    for (const auto& [where, use] : unit.nameless) write_nameless(where.first, where.second, use);
    for (const auto& [what, use] : unit.flagged) {
      const auto& [host, port, reason] = what;
      out_ += "      # left out, since it was flagged (" + std::string(to_string(reason)) + "): ";
      publish::append_plain(out_, host.empty() ? "addresses without a name" : host);
      out_ += ", port " + std::to_string(port) + ", " + count_text(use.attempts) + "\n";
    }
    if (unit.no_names > 0)
      out_ += "      # left out: " + count_text(unit.no_names) + " to what is called by no host name\n";
  }

  // One rule for all hosts with the same ports and protocol.
  void write_hosts(const UnitUse& unit) {
    std::map<Ports, std::vector<std::pair<std::string, Use>>> rules;
    for (const auto& [key, value] : unit.hosts) rules[value.first].emplace_back(key.first, value.second);
    for (const auto& [ports, hosts] : rules) {
      out_ += "      - hosts:\n";
      for (const auto& [host, use] : hosts) {
        out_ += "          - " + quoted(host);
        out_ += " # " + count_text(use.attempts);
        if (ports.protocol == PolicyProtocol::tcp && use.established == 0) out_ += ", none got through";
        out_ += '\n';
      }
      if (!ports.ports.empty()) {
        out_ += "        ports: [";
        bool first = true;
        for (const std::uint16_t port : ports.ports) {
          if (!std::exchange(first, false)) out_ += ", ";
          out_ += std::to_string(port);
        }
        out_ += "]\n";
      }
      if (ports.protocol != PolicyProtocol::tcp)
        out_ += "        protocols: [" + std::string(to_string(ports.protocol)) + "]\n";
    }
  }

  void write_nameless(PolicyProtocol protocol, std::uint16_t port, const Use& use) {
    out_ += "      # " + count_text(use.attempts) + " to addresses without a name, " + std::string(to_string(protocol));
    if (port != 0) out_ += " port " + std::to_string(port);
    if (!nameless_.empty()) {
      out_ += "; such addresses of this host, of any unit:";
      std::size_t shown = 0;
      for (const std::string& address : nameless_) {
        if (shown++ == kMaxAddressesShown) break;
        out_ += ' ' + address;
      }
      if (nameless_.size() > kMaxAddressesShown)
        out_ += " and " + std::to_string(nameless_.size() - kMaxAddressesShown) + " more";
    }
    out_ += '\n';
  }

  std::map<std::string, UnitUse> units_;
  std::set<std::string> nameless_;
  bool resolvers_ = false;
  std::string out_;
};

}  // namespace

std::string learn_policy(const LearnInput& input) {
  if (input.observations.empty()) return {};
  Learner learner;
  for (const Observation& seen : input.observations) learner.add(seen);
  return learner.text(input);
}

}  // namespace egresswatch::cli
