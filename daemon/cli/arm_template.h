// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/allowlist.h"
#include "cli/export.h"

// ARM templates (schema 2019-04-01 of deploymentTemplate.json). JSON has no comments: what there is to say stands in
// `metadata` of the template, which Resource Manager does not look at, and in the `description` of each rule.
namespace egresswatch::cli {

// Of Microsoft.Network, for both exports. Field names and limits are those of its specification.
inline constexpr std::string_view kNetworkApiVersion = "2023-11-01";

struct ArmTemplate {
  std::string_view format;                   // as the command calls it
  std::vector<std::string_view> cannot_say;  // what the format cannot
  std::vector<std::string> not_in_it;        // what else is missing
  boost::json::object parameters;
  boost::json::array resources;
};

// A parameter of a template. `type` is string, int, bool or array.
boost::json::object arm_parameter(std::string_view type, std::string_view description);
boost::json::object arm_parameter(std::string_view type, std::string_view description, boost::json::value otherwise);

// The text of the file, indented.
std::string to_text(ArmTemplate&& arm, const ExportInput& input, const Allowlist& list);

// "authentication: for orders.service; never got through: login.live.com". Never begins with a bracket, which Resource
// Manager would take for an expression. Cut to `max_size` bytes.
std::string description_of(const AllowedGroup& group, std::size_t max_size);

// egresswatch-entra-tcp-443; at most 80 characters.
std::string rule_name(const AllowedGroup& group, std::string_view suffix = {});

}  // namespace egresswatch::cli
