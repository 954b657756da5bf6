// SPDX-License-Identifier: Apache-2.0
#include "config/targets.h"

#include <string>

namespace egresswatch::config {
namespace {

// HostPattern and IpPrefix both say in `problem` what is wrong.
template <typename Target>
std::optional<Target> read_target(const Place& place, std::string_view what) {
  const auto text = read_text(place, what);
  if (!text) return std::nullopt;
  std::string_view problem;
  auto target = Target::parse(*text, &problem);
  if (!target) place.expected(std::string(what) + " (" + std::string(problem) + ")");
  return target;
}

}  // namespace

std::optional<HostPattern> read_host(const Place& place) { return read_target<HostPattern>(place, "a host pattern"); }

std::optional<IpPrefix> read_prefix(const Place& place) { return read_target<IpPrefix>(place, "an address or prefix"); }

Ports read_ports(const Place& place) {
  Ports ports;
  read_list(place, kMaxPorts, [&](const Place& item) {
    if (const auto port = read_number(item, 1, 65535)) ports.push_back(static_cast<std::uint16_t>(*port));
  });
  return ports;
}

}  // namespace egresswatch::config
