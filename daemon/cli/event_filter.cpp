// SPDX-License-Identifier: Apache-2.0
#include "cli/event_filter.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

namespace egresswatch::cli {
namespace {

constexpr std::array<std::string_view, 5> kProperties{"service", "host", "verdict", "unit", "pid"};
constexpr std::array<std::string_view, 5> kVerdicts{"ok", "failed", "unexpected", "cancelled", "closed"};

bool matches(const std::string& pattern, std::string_view text) {
  return ::fnmatch(pattern.c_str(), std::string(text).c_str(), FNM_NOESCAPE | FNM_CASEFOLD) == 0;
}

bool has_verdict(const ConnectionReport& report, std::string_view verdict) {
  if (verdict == "unexpected") return report.unexpected != Unexpected::none;
  return to_string(report.verdict) == verdict;
}
bool has_verdict(const DnsReport& report, std::string_view verdict) {
  return verdict == (report.cause == DnsCause::none ? "ok" : "failed");
}
bool has_verdict(const FlowReport& report, std::string_view verdict) {
  return verdict == "unexpected" && report.unexpected != Unexpected::none;
}

template <typename Report>
bool is_about(const Report& report, const std::string& pattern) {
  return matches(pattern, report.host) || matches(pattern, report.remote.address.to_string());
}
bool is_about(const DnsReport& report, const std::string& pattern) { return matches(pattern, report.question); }

}  // namespace

Result<> EventFilter::exclude(std::string_view condition) {
  const std::size_t equals = condition.find('=');
  if (equals == std::string_view::npos)
    return Error{"--not: expected a filter such as service=entra, found \"" + std::string(condition) + "\""};
  return exclude(condition.substr(0, equals), condition.substr(equals + 1));
}

Result<> EventFilter::add(std::string_view name, std::string_view value, bool excluded) {
  const auto* const property = std::ranges::find(kProperties, name);
  if (property == kProperties.end())
    return Error{"--not: \"" + std::string(name) + "\" is no filter; there are service, host, verdict, unit and pid"};
  const auto which = static_cast<Property>(property - kProperties.begin());
  if (which == Property::verdict && std::ranges::find(kVerdicts, value) == kVerdicts.end())
    return Error{"a verdict is ok, failed, unexpected, cancelled or closed, not \"" + std::string(value) + "\""};
  std::uint32_t pid = 0;
  if (which == Property::pid &&
      (std::from_chars(value.data(), value.data() + value.size(), pid).ptr != value.data() + value.size() || pid == 0))
    return Error{"a pid is a number, not \"" + std::string(value) + "\""};
  conditions_.push_back({which, excluded, std::string(value)});
  return {};
}

bool EventFilter::holds(const Condition& condition, const Event& event) {
  return std::visit(
      [&](const auto& report) {
        switch (condition.property) {
          case Property::service:
            return report.service == condition.value;
          case Property::host:
            return is_about(report, condition.value);
          case Property::verdict:
            return has_verdict(report, condition.value);
          case Property::unit:
            return matches(condition.value, report.unit);
          case Property::pid:
            return std::to_string(report.pid) == condition.value;
        }
        return false;
      },
      event);
}

bool EventFilter::fits(const Event& event) const {
  if (std::visit([&](const auto& report) { return report.wall_time_ns < begin_ns_; }, event)) return false;
  std::array<bool, kProperties.size()> asked{};
  std::array<bool, kProperties.size()> held{};
  for (const Condition& condition : conditions_) {
    const bool holding = holds(condition, event);
    if (condition.excluded) {
      if (holding) return false;
      continue;
    }
    const auto index = static_cast<std::size_t>(condition.property);
    asked[index] = true;
    held[index] = held[index] || holding;
  }
  return asked == held;
}

bool EventFilter::wants_closed() const {
  return std::ranges::any_of(conditions_, [](const Condition& condition) {
    return condition.property == Property::verdict && !condition.excluded && condition.value == "closed";
  });
}

}  // namespace egresswatch::cli
