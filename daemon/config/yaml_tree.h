// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace egresswatch::config {

struct YamlEntry;

// One value of a YAML file. Scalars stay text: what they mean is for the reader of the key.
struct YamlNode {
  enum class Kind { null, scalar, list, mapping };

  Kind kind = Kind::null;
  std::size_t line = 0;  // from 1
  std::string text;      // scalar
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // in the order of the file; a key can be there twice
};

struct YamlEntry {
  std::string key;
  std::size_t line = 0;
  YamlNode value;
};

// What a file may cost before it is refused, whoever wrote it.
inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxYamlDepth = 16;
inline constexpr std::size_t kMaxYamlValues = 100000;

// Reads one YAML document of UTF-8 text. Anchors, aliases and tags are refused: no setting needs them, and aliases let
// a small file stand for a huge one. An empty text is a null node. Errors are "file_name:line: what".
Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name);

}  // namespace egresswatch::config
