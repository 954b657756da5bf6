// SPDX-License-Identifier: Apache-2.0
#include "correlate/hosts_text.h"

#include <algorithm>
#include <optional>

#include "correlate/host_name.h"

namespace egresswatch::correlate {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

void parse_line(std::string_view line, HostsText& result) {
  line = line.substr(0, line.find('#'));
  const std::string_view first = next_word(line);
  if (first.empty()) return;
  const std::optional<IpAddress> address = IpAddress::parse(first);
  std::string_view word = next_word(line);
  if (!address || word.empty()) {
    ++result.refused_lines;
    return;
  }
  if (address->is_loopback() || address->is_unspecified()) return;
  for (; !word.empty(); word = next_word(line)) {
    HostNameBuffer buffer;
    const std::string_view name = normalise_host_name(word, buffer);
    if (name.empty())
      ++result.refused_names;
    else if (result.entries.size() == kMaxHostsEntries)
      ++result.over_limit;
    else
      result.entries.push_back({*address, std::string(name)});
  }
}

}  // namespace

HostsText parse_hosts(std::string_view text) {
  HostsText result;
  if (text.size() > kMaxHostsBytes) {
    result.over_limit = 1;
    return result;
  }
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    parse_line(line, result);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return result;
}

}  // namespace egresswatch::correlate
