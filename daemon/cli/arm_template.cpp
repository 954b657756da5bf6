// SPDX-License-Identifier: Apache-2.0
#include "cli/arm_template.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <set>
#include <utility>

#include "cli/export_text.h"
#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kShownUnits = 3;

void append_value(std::string& out, const boost::json::value& value, std::size_t indent);

// One element a line.
template <typename Items, typename Append>
void append_items(std::string& out, char open, char close, const Items& items, std::size_t indent, Append append) {
  out += open;
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent + 2, ' ');
    append(item);
  }
  if (!first) out.append("\n").append(indent, ' ');
  out += close;
}

void append_value(std::string& out, const boost::json::value& value, std::size_t indent) {
  if (const auto* object = value.if_object()) {
    append_items(out, '{', '}', *object, indent, [&](const boost::json::key_value_pair& member) {
      publish::append_json_string(out, std::string_view(member.key().data(), member.key().size()));
      out += ": ";
      append_value(out, member.value(), indent + 2);
    });
  } else if (const auto* array = value.if_array()) {
    append_items(out, '[', ']', *array, indent,
                 [&](const boost::json::value& item) { append_value(out, item, indent + 2); });
  } else if (const auto* text = value.if_string()) {
    publish::append_json_string(out, std::string_view(text->data(), text->size()));
  } else {
    out += boost::json::serialize(value);
  }
}

boost::json::array strings(const auto& items) {
  boost::json::array array;
  for (const auto& item : items) array.emplace_back(std::string_view(item));
  return array;
}

boost::json::array never_reached(const Allowlist& list) {
  boost::json::array array;
  for (const AllowedGroup& group : list.groups)
    for (const AllowedDestination& destination : group.destinations)
      if (!destination.reached) array.emplace_back(title(group) + ": " + remark(destination));
  return array;
}

}  // namespace

boost::json::object arm_parameter(std::string_view type, std::string_view description) {
  return {{"type", type}, {"metadata", {{"description", description}}}};
}

boost::json::object arm_parameter(std::string_view type, std::string_view description, boost::json::value otherwise) {
  return {{"type", type}, {"defaultValue", std::move(otherwise)}, {"metadata", {{"description", description}}}};
}

std::string to_text(ArmTemplate&& arm, const ExportInput& input, const Allowlist& list) {
  boost::json::object metadata{
      {"description", "Outbound allowlist of " + origin(input)},
      {"writtenBy", "egresswatch export " + std::string(arm.format) + ", which changes nothing"},
      {"cannotSay", strings(arm.cannot_say)}};
  std::vector<std::string> missing = left_out(list);
  missing.insert(missing.end(), arm.not_in_it.begin(), arm.not_in_it.end());
  if (!missing.empty()) metadata["notInHere"] = strings(missing);
  if (auto array = never_reached(list); !array.empty()) metadata["neverGotThrough"] = std::move(array);

  const boost::json::value document{
      {"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
      {"contentVersion", "1.0.0.0"},
      {"metadata", std::move(metadata)},
      {"parameters", std::move(arm.parameters)},
      {"resources", std::move(arm.resources)}};
  std::string text;
  append_value(text, document, 0);
  return text + "\n";
}

std::string description_of(const AllowedGroup& group, std::size_t max_size) {
  std::set<std::string> units;
  std::string never;
  for (const AllowedDestination& destination : group.destinations) {
    units.insert(destination.units.begin(), destination.units.end());
    if (!destination.reached) never += (never.empty() ? "; never got through: " : ", ") + label(destination);
  }
  std::string text =
      (group.function == Function::none ? group.service : std::string(to_string(group.function))) + ": for ";
  std::size_t shown = 0;
  for (const std::string& unit : units) {
    if (shown == kShownUnits) break;
    if (shown++ > 0) text += ", ";
    publish::append_plain(text, unit);
  }
  if (units.size() > shown) text += " and " + std::to_string(units.size() - shown) + " more";
  text += never;
  if (text.size() > max_size) {
    text.resize(max_size - 3);
    text += "...";
  }
  return text;
}

std::string rule_name(const AllowedGroup& group, std::string_view suffix) {
  std::string name = "egresswatch-" + group.service + "-" + to_string(group.protocol);
  if (group.port != 0) name += "-" + std::to_string(group.port);
  if (!suffix.empty()) name.append("-").append(suffix);
  return name;
}

}  // namespace egresswatch::cli
