// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/catalog.h"
#include "egresswatch/model/service_tags.h"

namespace egresswatch::classify {

using RuleIndex = std::uint32_t;
inline constexpr RuleIndex kNoRule = UINT32_MAX;

using Target = std::variant<HostPattern, IpPrefix>;

// Who says so. Where several name the same host, the first of these counts.
enum class Origin : std::uint8_t { user, catalog, feed };

// One line of the compiled catalog: what a lookup reads, in one cache line.
struct alignas(64) Rule {
  std::string text;                    // as in the catalog or the configuration
  std::shared_ptr<const Ports> ports;  // never null; rules with the same ports share them
  ServiceId service = kOtherService;
  Function function = Function::none;
  bool legacy = false;
  bool cname_target = false;
  bool shared = false;
  bool untagged = false;
  Origin origin = Origin::catalog;
  std::uint8_t suffix_begin = 0;  // in text, of a host pattern; 0 without wildcard

  // Also where the suffix of a host pattern begins.
  void set_text(const Target& target);

  // Port 0 stands for a port that is not known, as in a DNS question.
  [[nodiscard]] bool expects(std::uint16_t port) const {
    return port == 0 || ports->empty() || std::ranges::find(*ports, port) != ports->end();
  }

  // The parts of a host pattern, as in HostPattern.
  [[nodiscard]] bool wildcard() const { return suffix_begin != 0; }
  [[nodiscard]] std::string_view suffix() const { return std::string_view(text).substr(suffix_begin); }
  [[nodiscard]] std::string_view prefix() const {
    return wildcard() ? std::string_view(text).substr(0, suffix_begin - std::size_t{2}) : std::string_view();
  }
};

struct RuleSet {
  std::vector<Rule> rules;
  std::vector<Target> targets;                                  // of each rule; only compiling needs them
  std::map<std::string, std::string, std::less<>> replaced_by;  // by the text of a rule
};

// The rules that apply under these options. Of several with the same host pattern but another origin the first origin's
// is kept; anything else that is there twice is an error.
Result<RuleSet> collect_rules(const Catalog& catalog, const ClassifyOptions& options,
                              const std::vector<FeedHost>& entra_hosts);

}  // namespace egresswatch::classify
