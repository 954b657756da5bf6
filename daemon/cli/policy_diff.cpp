// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_diff.h"

#include "publish/text.h"

namespace egresswatch::cli {

std::string render_policy_diff(const PolicyDifference& difference, const std::string& file) {
  if (difference.empty()) return "what was seen and " + file + " agree\n";
  std::string out;
  for (const auto& [seen, reason, some_addresses] : difference.not_allowed) {
    out += some_addresses ? "? " : "+ ";
    publish::append_plain(out, seen.unit);
    out += ' ';
    publish::append_plain(out, seen.service);
    out += ' ';
    publish::append_plain(out, seen.host.empty() ? "(no name)" : seen.host);
    if (seen.port != 0) out += ':' + std::to_string(seen.port);
    out += '/' + to_string(seen.protocol) + ", " + std::to_string(seen.attempts) + " times, last ";
    publish::append_timestamp(out, seen.last_seen_ns);
    out += ": " + std::string(to_string(reason));
    if (some_addresses) out += ", of some of the addresses that this can be";
    out += '\n';
  }
  for (const std::size_t line : difference.unused_lines)
    out += "- " + file + ":" + std::to_string(line) + ": allows nothing that was seen\n";
  return out;
}

}  // namespace egresswatch::cli
