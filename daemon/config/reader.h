// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/yaml_tree.h"

// Typed reading of a YAML tree. Whatever does not fit is noted with its line and key, and reading goes on, so that one
// run shows everything that is wrong with a file.
namespace egresswatch::config {

class Problems {
 public:
  // More lines than this help nobody; the rest is counted.
  static constexpr std::size_t kMaxShown = 50;

  explicit Problems(std::string_view file_name) : file_name_(file_name) {}

  void add(std::size_t line, std::string_view path, std::string_view what);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  // One line per problem, in the order of the file.
  [[nodiscard]] Error error() const;

 private:
  std::string file_name_;
  std::multimap<std::size_t, std::string> lines_;
};

// A value with where it stands.
struct Place {
  const YamlNode& node;
  std::string path;  // limits.sockets, services[0].name
  Problems& problems;

  void problem(std::string_view what) const { problems.add(node.line, path, what); }
  // "expected <what>, found <the value>"
  void expected(std::string_view what) const;
};

// Each gives none after noting what was expected.
std::optional<std::string_view> read_text(const Place& place, std::string_view what);
std::optional<std::uint64_t> read_number(const Place& place, std::uint64_t min, std::uint64_t max);
std::optional<bool> read_flag(const Place& place);
// The index in `names`.
std::optional<std::size_t> read_choice(const Place& place, std::span<const std::string_view> names);
// A whole number with one of the units ms, s, m, h: 250ms, 5s.
std::optional<std::chrono::milliseconds> read_duration(const Place& place, std::chrono::milliseconds min,
                                                       std::chrono::milliseconds max);
// Calls read for each value of a list; a list without values may be written as nothing at all.
void read_list(const Place& place, std::size_t max_items, const std::function<void(const Place&)>& read);

// One mapping. Ask for each key that can be there, then finish(): what nobody asked for is a problem.
class MappingReader {
 public:
  explicit MappingReader(const Place& place);

  // None if the key is absent.
  std::optional<Place> find(std::string_view key);
  // As above; absence is a problem.
  std::optional<Place> require(std::string_view key);

  void number(std::string_view key, std::uint64_t min, std::uint64_t max, std::uint32_t& value);
  void duration(std::string_view key, std::chrono::milliseconds min, std::chrono::milliseconds max,
                std::chrono::milliseconds& value);
  void flag(std::string_view key, bool& value);
  // Reads a nested mapping, if it is there, with read(MappingReader&), and finishes it.
  void mapping(std::string_view key, const std::function<void(MappingReader&)>& read);

  void finish();

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const;

  const YamlNode& node_;
  std::string path_;
  Problems& problems_;
  std::map<std::string_view, const YamlEntry*> entries_;  // those not asked for yet
  std::vector<std::string_view> known_;
};

}  // namespace egresswatch::config
