// SPDX-License-Identifier: Apache-2.0
#include "cli/export_text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kShown = 3;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

// RFC 3339 without the fraction.
void append_second(std::string& out, std::uint64_t wall_ns) {
  publish::append_timestamp(out, wall_ns / kSecondNs * kSecondNs);
  const std::size_t dot = out.rfind('.');
  if (dot != std::string::npos) out.replace(dot, std::string::npos, "Z");
}

// "a, b, c and 4 more"
template <typename Items, typename Append>
void append_some(std::string& out, const Items& items, Append append) {
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i) {
    if (i > 0) out += ", ";
    append(items[i]);
  }
  if (items.size() > kShown) out += " and " + std::to_string(items.size() - kShown) + " more";
}

}  // namespace

std::string origin(const ExportInput& input) {
  std::string text;
  publish::append_plain(text, input.host_name);
  text.append(" (cloud ").append(to_string(input.cloud)).append("), as seen from ");
  append_second(text, input.begin_ns);
  text += " to ";
  append_second(text, input.end_ns);
  return text;
}

std::vector<std::string> left_out(const Allowlist& list) {
  std::vector<std::string> sentences;
  const auto count = [&](std::size_t number, std::string_view what) {
    if (number > 0) sentences.push_back(std::string(what) + ": " + std::to_string(number));
  };
  count(list.unexpected, "not expected, see `egresswatch report`");
  count(list.no_host_names, "with a name that no host can have");
  count(list.summed_up, "too many to be kept apart, so that neither host nor port is known");
  count(list.local, "on this host itself");
  return sentences;
}

std::string title(const AllowedGroup& group) {
  std::string text;
  if (group.function != Function::none) text.append(to_string(group.function)).append(": ");
  text.append(group.service).append(", ").append(to_string(group.protocol));
  if (group.port != 0) text.append(" ").append(std::to_string(group.port));
  return text;
}

std::string label(const AllowedDestination& destination) {
  if (!destination.host.empty()) return destination.host;
  if (destination.addresses.empty()) return "a host without a name or an address";
  std::string text;
  append_some(text, destination.addresses, [&](const IpAddress& address) { publish::append_address(text, address); });
  return text;
}

std::string remark(const AllowedDestination& destination) {
  std::string text = label(destination) + ", for ";
  append_some(text, destination.units, [&](const std::string& unit) {
    if (unit.empty()) text += "a process that is gone";
    publish::append_plain(text, unit);
  });
  if (!destination.reached) {
    text += "; never got through";
    if (destination.stage != Stage::none)
      text.append(": ").append(to_string(destination.stage)).append("/").append(to_string(destination.cause));
  }
  if (destination.outside_service_tag) text += "; also at addresses outside its service tag";
  // a backslash at the end of a line would join the next one to a comment
  if (text.ends_with('\\')) text += '.';
  return text;
}

}  // namespace egresswatch::cli
