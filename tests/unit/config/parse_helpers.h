// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/config.h"

namespace egresswatch::config {

inline Config parsed(std::string_view text) {
  auto config = parse_config(text, "egresswatch.yaml");
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config ? *config : Config{};
}

// The message of the refusal; empty if the text was accepted.
inline std::string problems_of(std::string_view text) {
  const auto config = parse_config(text, "egresswatch.yaml");
  return config ? "" : config.error().message;
}

}  // namespace egresswatch::config
