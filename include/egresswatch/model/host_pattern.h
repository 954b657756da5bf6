// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "egresswatch/model/ip_address.h"

namespace egresswatch {

// Which host names a rule covers. Three forms, always lower-case and without a final dot:
//   login.live.com                   that name only
//   *.vault.azure.net                one or more labels in front of the suffix, never the suffix itself
//   azkms-prod-*.cloudapp.azure.com  as above, and the first label of the name begins with azkms-prod- and goes on
// A `*` anywhere else is an error, as are addresses: those are matched by IpPrefix.
struct HostPattern {
  static constexpr std::size_t kMaxName = 253;  // RFC 1035 section 2.3.4, as text without the final dot
  static constexpr std::size_t kMaxLabel = 63;

  bool wildcard = false;
  std::string prefix;  // of the first label; only with wildcard
  std::string suffix;  // the whole name if not wildcard

  // None if text is not a pattern; `problem`, where given, then says why, to be put after "expected a host pattern".
  static std::optional<HostPattern> parse(std::string_view text, std::string_view* problem = nullptr) {
    std::string_view ignored;
    std::string_view& why = problem ? *problem : ignored;
    if (!text.empty() && text.back() == '.') text.remove_suffix(1);
    if (text.empty()) return why = "it is empty", std::nullopt;
    if (text.size() > kMaxName) return why = "it is longer than 253 characters", std::nullopt;
    if (IpAddress::parse(text)) return why = "it is an address", std::nullopt;

    HostPattern pattern;
    std::string folded(text);
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const std::size_t star = folded.find('*');
    if (star == std::string::npos) {
      pattern.suffix = std::move(folded);
    } else {
      if (star + 1 >= folded.size() || folded[star + 1] != '.')
        return why = "a * must be followed by a dot and a domain", std::nullopt;
      pattern.wildcard = true;
      pattern.prefix = folded.substr(0, star);
      pattern.suffix = folded.substr(star + 2);
      if (pattern.prefix.find('.') != std::string::npos) return why = "a * must be in the first label", std::nullopt;
      if (pattern.prefix.size() >= kMaxLabel) return why = "a label is longer than 63 characters", std::nullopt;
      if (!only_host_characters(pattern.prefix, why)) return std::nullopt;
    }
    if (!is_name(pattern.suffix, why)) return std::nullopt;
    return pattern;
  }

  // The pattern as it is written in the configuration.
  [[nodiscard]] std::string to_string() const { return wildcard ? prefix + "*." + suffix : suffix; }

  bool operator==(const HostPattern&) const = default;

 private:
  // Letters, digits and hyphens (RFC 1123 section 2.1), and the underscore that real names use as well.
  static bool only_host_characters(std::string_view text, std::string_view& why) {
    for (const char c : text) {
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') continue;
      if (c == '*') return why = "only one * is possible", false;
      return why = "only letters, digits, - and _ are possible (write international names in their xn-- form)", false;
    }
    return true;
  }

  static bool is_name(std::string_view name, std::string_view& why) {
    for (;;) {
      const std::string_view label = name.substr(0, name.find('.'));
      if (label.empty()) return why = "a label is empty", false;
      if (label.size() > kMaxLabel) return why = "a label is longer than 63 characters", false;
      if (!only_host_characters(label, why)) return false;
      if (label.size() == name.size()) return true;
      name.remove_prefix(label.size() + 1);
    }
  }
};

}  // namespace egresswatch
