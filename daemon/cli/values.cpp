// SPDX-License-Identifier: Apache-2.0
#include "cli/values.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>

#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::optional<std::int64_t> seconds_of(std::string_view timestamp) {
  std::tm utc{};
  if (std::sscanf(std::string(timestamp).c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                  &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
    return std::nullopt;
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  return ::timegm(&utc);
}

}  // namespace

std::string_view text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string_view(string->data(), string->size()) : std::string_view{};
}

std::uint64_t number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  if (!value) return 0;
  if (const auto* whole = value->if_int64()) return *whole > 0 ? static_cast<std::uint64_t>(*whole) : 0;
  const auto* large = value->if_uint64();
  return large ? *large : 0;
}

bool flag(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  const auto* set = value ? value->if_bool() : nullptr;
  return set && *set;
}

const boost::json::array& list(const boost::json::object& object, std::string_view key) {
  static const boost::json::array kNone;
  const auto* value = object.if_contains({key.data(), key.size()});
  const auto* elements = value ? value->if_array() : nullptr;
  return elements ? *elements : kNone;
}

const boost::json::object& member(const boost::json::object& object, std::string_view key) {
  static const boost::json::object kNone;
  const auto* value = object.if_contains({key.data(), key.size()});
  const auto* inner = value ? value->if_object() : nullptr;
  return inner ? *inner : kNone;
}

void append_ago(std::string& out, std::string_view then, std::string_view now) {
  const auto then_s = seconds_of(then);
  const auto now_s = seconds_of(now);
  if (!then_s || !now_s) return;
  publish::append_age(out, *now_s > *then_s ? static_cast<std::uint64_t>(*now_s - *then_s) * kNsPerSecond : 0);
  out += " ago";
}

std::string_view colour_of(std::string_view verdict) {
  if (verdict == "failed") return kRed;
  if (verdict == "pending") return kYellow;
  return verdict == "ok" ? kGreen : std::string_view{};
}

}  // namespace egresswatch::cli
