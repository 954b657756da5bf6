// SPDX-License-Identifier: Apache-2.0
#include "cli/allowlist.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "egresswatch/model/host_pattern.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kMaxServiceName = 40;  // as in the configuration

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxServiceName && is_lower(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= HostPattern::kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; });
}

std::string lower_case(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

bool has_ports(Protocol protocol) {
  return protocol == Protocol::tcp || protocol == Protocol::udp || protocol == Protocol::sctp;
}

// The order of the firewall page.
int rank(Function function, std::string_view service) {
  if (function != Function::none) return static_cast<int>(function);
  return service == kServiceNames[kOtherService] ? 101 : 100;
}

struct Key {
  int rank = 0;
  std::string service;
  Protocol protocol = Protocol::tcp;
  std::uint16_t port = 0;
  std::string host;
  auto operator<=>(const Key&) const = default;
};

struct Seen {
  Function function = Function::none;
  std::set<std::string> units;
  std::set<IpAddress> addresses;
  bool outside_service_tag = false;
  bool reached = false;
  Stage stage = Stage::none;
  Cause cause = Cause::none;
  std::uint64_t failure_ns = 0;  // when that was
};

class Collector {
 public:
  void add(const Observation& observation) {
    Key key{rank(observation.function, observation.service), observation.service, observation.protocol,
            observation.port, lower_case(observation.host)};
    if (observation.unexpected != Unexpected::none && observation.unexpected != Unexpected::outside_service_tag) {
      unexpected_.insert(std::move(key));
      return;
    }
    if (has_ports(observation.protocol) && observation.port == 0) {
      summed_up_.insert(std::move(key));
      return;
    }
    // a client that asked a proxy for an address
    const auto address = IpAddress::parse(key.host);
    if (address) key.host.clear();
    if (!is_service_name(key.service) || (!key.host.empty() && !is_host_name(key.host))) {
      no_host_names_.insert(std::move(key));
      return;
    }
    Seen& seen = seen_[std::move(key)];
    seen.function = observation.function;
    seen.units.insert(observation.unit);
    if (address) seen.addresses.insert(*address);
    if (observation.unexpected == Unexpected::outside_service_tag) seen.outside_service_tag = true;
    // of other protocols nobody knows, and what was open before the history began is not established in it
    if (observation.protocol != Protocol::tcp || observation.established > 0 || observation.failed == 0)
      seen.reached = true;
    if (observation.last_seen_ns >= seen.failure_ns && observation.last_stage != Stage::none) {
      seen.stage = observation.last_stage;
      seen.cause = observation.last_cause;
      seen.failure_ns = observation.last_seen_ns;
    }
  }

  void add(const ObservedAddress& observed) {
    addresses_[{observed.service, lower_case(observed.host)}].insert(observed.address);
  }

  Allowlist finish() && {
    for (auto& [key, seen] : seen_) add_destination(key, seen);
    list_.unexpected = unexpected_.size();
    list_.no_host_names = no_host_names_.size();
    list_.summed_up = summed_up_.size();
    return std::move(list_);
  }

 private:
  void add_destination(const Key& key, Seen& seen) {
    if (const auto known = addresses_.find({key.service, key.host}); known != addresses_.end())
      seen.addresses.insert(known->second.begin(), known->second.end());
    AllowedDestination destination;
    destination.host = key.host;
    destination.units.assign(seen.units.begin(), seen.units.end());
    destination.reached = seen.reached;
    destination.outside_service_tag = seen.outside_service_tag;
    for (const IpAddress& address : seen.addresses)
      if (!address.is_loopback() && !address.is_unspecified()) destination.addresses.push_back(address);
    if (!seen.addresses.empty() && destination.addresses.empty()) {
      ++list_.local;
      return;
    }
    if (!seen.reached) {
      destination.stage = seen.stage;
      destination.cause = seen.cause;
    }
    const auto same = [&](const AllowedGroup& group) {
      return std::tie(group.service, group.protocol, group.port) == std::tie(key.service, key.protocol, key.port);
    };
    if (list_.groups.empty() || !same(list_.groups.back()))
      list_.groups.push_back({key.service, seen.function, key.protocol, key.port, {}});
    list_.groups.back().destinations.push_back(std::move(destination));
  }

  std::map<Key, Seen> seen_;
  std::set<Key> unexpected_;
  std::set<Key> no_host_names_;
  std::set<Key> summed_up_;
  std::map<std::pair<std::string, std::string>, std::set<IpAddress>> addresses_;  // by service and host
  Allowlist list_;
};

}  // namespace

bool is_host_name(std::string_view name) {
  if (name.size() > HostPattern::kMaxName) return false;
  for (;;) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (!is_label(label)) return false;
    if (label.size() == name.size()) return !std::ranges::all_of(label, is_digit);
    name.remove_prefix(label.size() + 1);
  }
}

bool is_platform(const IpAddress& address) {
  if (address == IpAddress::v4(168, 63, 129, 16)) return true;
  return address.is_v4() ? address.bytes[12] == 169 && address.bytes[13] == 254
                         : address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

Allowlist make_allowlist(const ExportInput& input) {
  Collector collector;
  for (const ObservedAddress& address : input.addresses) collector.add(address);
  for (const Observation& observation : input.observations) collector.add(observation);
  return std::move(collector).finish();
}

}  // namespace egresswatch::cli
