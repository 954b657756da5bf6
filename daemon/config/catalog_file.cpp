// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"
#include "config/reader.h"
#include "config/targets.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

constexpr std::size_t kMaxGroups = 1000;
constexpr std::size_t kMaxEndpoints = 20'000;

void read_target(MappingReader& endpoint, const Place& place, CatalogEntry& entry) {
  const auto host = endpoint.find("host");
  const auto address = endpoint.find("address");
  if (host.has_value() == address.has_value()) return place.problem("expected either host or address");
  if (host) {
    if (auto pattern = read_host(*host)) entry.target = std::move(*pattern);
  } else if (const auto prefix = read_prefix(*address)) {
    entry.target = *prefix;
  }
}

void read_remark(MappingReader& endpoint, std::string_view key, std::string& remark) {
  if (const auto place = endpoint.find(key))
    if (const auto text = read_text(*place, "text")) remark = *text;
}

// `entry` holds what the group says.
void read_endpoint(const Place& place, CatalogEntry entry, Catalog& catalog) {
  MappingReader endpoint(place);
  if (place.node.kind != YamlNode::Kind::mapping) return;
  read_target(endpoint, place, entry);
  if (const auto ports = endpoint.find("ports")) entry.ports = read_ports(*ports);
  endpoint.flag("legacy", entry.legacy);
  endpoint.flag("cname_target", entry.cname_target);
  endpoint.flag("shared", entry.shared);
  endpoint.flag("untagged", entry.untagged);
  read_remark(endpoint, "replaced_by", entry.replaced_by);
  read_remark(endpoint, "source", entry.source);
  read_remark(endpoint, "note", entry.note);
  endpoint.finish();
  catalog.entries.push_back(std::move(entry));
}

void read_group(const Place& place, Catalog& catalog) {
  MappingReader group(place);
  CatalogEntry common;
  if (const auto service = group.require("service"))
    if (const auto index = read_choice(*service, std::span(kServiceNames).subspan(1)))
      common.service = static_cast<ServiceId>(*index + 1);
  if (const auto function = group.require("function"))
    if (const auto index = read_choice(*function, std::span(kFunctionNames).subspan(1)))
      common.function = static_cast<Function>(*index + 1);
  if (const auto cloud = group.require("cloud"))
    if (const auto index = read_choice(*cloud, kCloudNames)) common.cloud = static_cast<Cloud>(*index);
  if (const auto ports = group.require("ports")) common.ports = read_ports(*ports);
  if (const auto endpoints = group.require("endpoints"))
    read_list(*endpoints, kMaxEndpoints, [&](const Place& item) { read_endpoint(item, common, catalog); });
  group.finish();
}

}  // namespace

Result<Catalog> parse_catalog(std::string_view text, std::string_view file_name) {
  const auto root = parse_yaml(text, file_name);
  if (!root) return root.error();
  Problems problems(file_name);
  Catalog catalog;
  MappingReader file({*root, "", problems});
  if (const auto groups = file.require("groups"))
    read_list(*groups, kMaxGroups, [&](const Place& item) { read_group(item, catalog); });
  file.finish();
  if (!problems.empty()) return problems.error();
  return catalog;
}

}  // namespace egresswatch::config
