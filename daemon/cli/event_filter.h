// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/event_reader.h"

namespace egresswatch::cli {

// Which events are wanted. What is said of one property holds if any of its values fits; all properties must hold, and
// nothing that was excluded.
class EventFilter {
 public:
  // By name: service (as the label), host (a glob, of a name or an address), verdict (ok, failed, unexpected,
  // cancelled, closed), unit (a glob), pid. An error is one sentence.
  Result<> want(std::string_view name, std::string_view value) { return add(name, value, false); }
  Result<> exclude(std::string_view name, std::string_view value) { return add(name, value, true); }
  // "service=entra"
  Result<> exclude(std::string_view condition);
  // Earlier ones are not wanted. CLOCK_REALTIME.
  void begin_at(std::uint64_t wall_ns) { begin_ns_ = wall_ns; }

  [[nodiscard]] bool fits(const Event& event) const;
  // Whether connections that ended well were asked for by name.
  [[nodiscard]] bool wants_closed() const;

 private:
  enum class Property : std::uint8_t { service, host, verdict, unit, pid };
  struct Condition {
    Property property;
    bool excluded;
    std::string value;
  };

  Result<> add(std::string_view name, std::string_view value, bool excluded);
  static bool holds(const Condition& condition, const Event& event);

  std::vector<Condition> conditions_;
  std::uint64_t begin_ns_ = 0;
};

}  // namespace egresswatch::cli
