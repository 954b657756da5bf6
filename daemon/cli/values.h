// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "publish/text.h"

// Members of a document, and pieces of text made of them.
namespace egresswatch::cli {

// Empty, 0, false or without elements where there is no such member of that type.
std::string_view text(const boost::json::object& object, std::string_view key);
std::uint64_t number(const boost::json::object& object, std::string_view key);
bool flag(const boost::json::object& object, std::string_view key);
const boost::json::array& list(const boost::json::object& object, std::string_view key);
const boost::json::object& member(const boost::json::object& object, std::string_view key);

using publish::append_safe;
inline void append_member(std::string& out, const boost::json::object& object, std::string_view key) {
  append_safe(out, text(object, key));
}
// "12 s ago": how long before `now` (both RFC 3339 in UTC, as the daemon writes them); nothing if one is no time.
void append_ago(std::string& out, std::string_view then, std::string_view now);

inline constexpr std::string_view kRed = "\033[1;31m";
inline constexpr std::string_view kYellow = "\033[33m";
inline constexpr std::string_view kGreen = "\033[32m";
inline constexpr std::string_view kBold = "\033[1m";
inline constexpr std::string_view kReset = "\033[0m";

// Of a verdict; empty for one without a colour.
std::string_view colour_of(std::string_view verdict);

}  // namespace egresswatch::cli
