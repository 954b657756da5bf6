// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/text.h"

namespace egresswatch::config {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxPath = 120;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

// The digits at the front of text, which it then loses; none if there are none or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// In the largest unit that needs no fraction.
std::string to_text(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  const auto unit = std::ranges::find_if(kUnits.rbegin(), kUnits.rend(),
                                         [&](const Unit& u) { return duration.count() % u.milliseconds == 0; });
  return std::to_string(duration.count() / unit->milliseconds) + std::string(unit->name);
}

std::string joined(std::span<const std::string_view> words) {
  std::string result;
  for (const std::string_view word : words) result.append(result.empty() ? "" : ", ").append(word);
  return result;
}

}  // namespace

void Problems::add(std::size_t line, std::string_view path, std::string_view what) {
  std::string text = file_name_ + ":" + std::to_string(line) + ": ";
  if (!path.empty()) text.append(path.substr(0, kMaxPath)).append(": ");
  lines_.emplace(line, text.append(what));
}

Error Problems::error() const {
  std::string message;
  std::size_t shown = 0;
  for (const auto& [line, text] : lines_) {
    if (shown == kMaxShown) {
      message += "\n" + file_name_ + ": and " + std::to_string(lines_.size() - shown) + " more problems";
      break;
    }
    if (shown++ > 0) message += '\n';
    message += text;
  }
  return {message};
}

void Place::expected(std::string_view what) const {
  std::string found;
  switch (node.kind) {
    case YamlNode::Kind::null:
      found = "nothing";
      break;
    case YamlNode::Kind::scalar:
      found = in_quotes(node.text);
      break;
    case YamlNode::Kind::list:
      found = "a list";
      break;
    case YamlNode::Kind::mapping:
      found = "a mapping";
      break;
  }
  problem("expected " + std::string(what) + ", found " + found);
}

std::optional<std::string_view> read_text(const Place& place, std::string_view what) {
  if (place.node.kind == YamlNode::Kind::scalar) return place.node.text;
  place.expected(what);
  return std::nullopt;
}

std::optional<std::uint64_t> read_number(const Place& place, std::uint64_t min, std::uint64_t max) {
  std::string_view text = place.node.text;
  const auto value = take_number(text);
  if (value && text.empty() && *value >= min && *value <= max) return value;
  place.expected("a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<bool> read_flag(const Place& place) {
  static constexpr std::array<std::string_view, 2> kFlags{"false", "true"};
  const auto index = read_choice(place, kFlags);
  if (!index) return std::nullopt;
  return *index == 1;
}

std::optional<std::size_t> read_choice(const Place& place, std::span<const std::string_view> names) {
  const auto found = std::ranges::find(names, std::string_view(place.node.text));
  if (place.node.kind == YamlNode::Kind::scalar && found != names.end())
    return static_cast<std::size_t>(found - names.begin());
  place.expected("one of " + joined(names));
  return std::nullopt;
}

std::optional<milliseconds> read_duration(const Place& place, milliseconds min, milliseconds max) {
  std::string_view text = place.node.text;
  const auto value = take_number(text);
  const auto* const unit = std::ranges::find(kUnits, text, &Unit::name);
  // the division keeps the product from overflowing
  if (value && unit != kUnits.end() && *value <= static_cast<std::uint64_t>(max.count() / unit->milliseconds)) {
    const milliseconds duration{static_cast<std::int64_t>(*value) * unit->milliseconds};
    if (duration >= min) return duration;
  }
  place.expected("a duration from " + to_text(min) + " to " + to_text(max) + ", such as 250ms or 5s");
  return std::nullopt;
}

void read_list(const Place& place, std::size_t max_items, const std::function<void(const Place&)>& read) {
  if (place.node.kind == YamlNode::Kind::null) return;
  if (place.node.kind != YamlNode::Kind::list) return place.expected("a list");
  if (place.node.items.size() > max_items)
    return place.problem("expected at most " + std::to_string(max_items) + " values, found " +
                         std::to_string(place.node.items.size()));
  for (std::size_t i = 0; i < place.node.items.size(); ++i)
    read({place.node.items[i], place.path + "[" + std::to_string(i) + "]", place.problems});
}

MappingReader::MappingReader(const Place& place) : node_(place.node), path_(place.path), problems_(place.problems) {
  if (node_.kind == YamlNode::Kind::null) return;
  if (node_.kind != YamlNode::Kind::mapping) place.expected("a mapping of keys to values");
  for (const YamlEntry& entry : node_.entries) {
    const auto [first, inserted] = entries_.emplace(entry.key, &entry);
    if (!inserted)
      problems_.add(entry.line, path_of(entry.key),
                    "given twice, first in line " + std::to_string(first->second->line));
  }
}

std::string MappingReader::path_of(std::string_view key) const {
  // a key from the file can be anything
  const bool plain = !first_bad_byte(key) && key.size() <= kMaxPath && key.find('\n') == std::string_view::npos;
  const std::string name = plain ? std::string(key) : in_quotes(key);
  return path_.empty() ? name : path_ + "." + name;
}

std::optional<Place> MappingReader::find(std::string_view key) {
  known_.push_back(key);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  const YamlEntry& entry = *found->second;
  entries_.erase(found);
  return Place{entry.value, path_of(key), problems_};
}

std::optional<Place> MappingReader::require(std::string_view key) {
  auto place = find(key);
  const bool can_have_keys = node_.kind == YamlNode::Kind::mapping || node_.kind == YamlNode::Kind::null;
  if (!place && can_have_keys) problems_.add(node_.line, path_of(key), "missing");
  return place;
}

void MappingReader::number(std::string_view key, std::uint64_t min, std::uint64_t max, std::uint32_t& value) {
  if (const auto place = find(key))
    if (const auto number = read_number(*place, min, max)) value = static_cast<std::uint32_t>(*number);
}

void MappingReader::duration(std::string_view key, milliseconds min, milliseconds max, milliseconds& value) {
  if (const auto place = find(key))
    if (const auto duration = read_duration(*place, min, max)) value = *duration;
}

void MappingReader::flag(std::string_view key, bool& value) {
  if (const auto place = find(key))
    if (const auto flag = read_flag(*place)) value = *flag;
}

void MappingReader::mapping(std::string_view key, const std::function<void(MappingReader&)>& read) {
  const auto place = find(key);
  if (!place) return;
  MappingReader nested(*place);
  read(nested);
  nested.finish();
}

void MappingReader::finish() {
  for (const auto& [key, entry] : entries_) {
    const auto meant = nearest(key, known_);
    problems_.add(entry->line, path_of(key),
                  meant ? "unknown key, did you mean " + std::string(*meant) + "?"
                        : "unknown key, expected one of " + joined(known_));
  }
}

}  // namespace egresswatch::config
