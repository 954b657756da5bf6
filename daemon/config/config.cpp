// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <algorithm>
#include <array>
#include <bit>

#include "config/reader.h"
#include "config/services.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxEntries = 1'000'000;
constexpr std::size_t kMaxListenAddresses = 16;
constexpr std::size_t kMaxSocketPath = 107;  // unix(7): sun_path, with its NUL
constexpr std::size_t kMaxPath = 4'000;      // of PATH_MAX; the files beside it have longer names
constexpr std::uint64_t kMinHistoryBytes = 1024 * 1024;
constexpr std::uint64_t kMaxHistoryBytes = 1024 * 1024 * 1024;
constexpr std::uint64_t kMinRingBytes = 64 * 1024;
constexpr std::uint64_t kMaxRingBytes = 64 * 1024 * 1024;
constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
static_assert(kLevels.size() == static_cast<std::size_t>(log::Level::error) + 1);

void read_path(MappingReader& reader, std::string_view key, std::size_t max_bytes, std::string& value) {
  const auto place = reader.find(key);
  if (!place) return;
  const std::string expected = "an absolute path of at most " + std::to_string(max_bytes) + " bytes, or \"\" for none";
  const auto path = read_text(*place, expected);
  if (!path) return;
  if (!path->empty() &&
      (path->front() != '/' || path->size() > max_bytes || path->find('\0') != std::string_view::npos))
    return place->expected(expected);
  value = *path;
}

void read_service_tags(MappingReader& reader, ServiceTagFiles& files) {
  read_path(reader, "file", kMaxPath, files.file);
  read_path(reader, "microsoft365", kMaxPath, files.microsoft365);
}

void read_web(MappingReader& reader, Web& web) {
  read_path(reader, "config_file", kMaxPath, web.config_file);
  reader.flag("allow_plain_text", web.allow_plain_text);
  const auto place = reader.find("listen_addresses");
  if (!place || place->node.kind == YamlNode::Kind::null) return;
  web.listen_addresses.clear();
  read_list(*place, kMaxListenAddresses, [&](const Place& item) {
    const auto address = parse_listen_address(item.node.text);
    if (!address) return item.problem(address.error().message);
    web.listen_addresses.push_back(*address);
  });
  if (place->node.kind == YamlNode::Kind::list && place->node.items.empty()) place->problem("expected at least one");
}

void read_history(MappingReader& reader, History& history) {
  read_path(reader, "path", kMaxPath, history.path);
  reader.duration("max_age", std::chrono::hours(1), std::chrono::hours(365 * 24), history.max_age);
  reader.number("max_bytes", kMinHistoryBytes, kMaxHistoryBytes, history.max_bytes);
}

void read_events(MappingReader& reader, Events& events) {
  static constexpr std::array<std::string_view, 2> kFormats{"json", "ocsf"};  // in the order of EventFormat
  read_path(reader, "file", kMaxPath, events.file);
  if (const auto place = reader.find("format"))
    if (const auto choice = read_choice(*place, kFormats)) events.format = static_cast<EventFormat>(*choice);
}

void read_limits(MappingReader& reader, Limits& limits) {
  reader.number("sockets", 1, kMaxEntries, limits.sockets);
  reader.number("names", 1, kMaxEntries, limits.names);
  reader.number("dns_queries", 1, kMaxEntries, limits.dns_queries);
  reader.number("units", 1, kMaxEntries, limits.units);
  reader.number("series_per_metric", 1, kMaxEntries, limits.series_per_metric);
  reader.number("hosts_per_service", 1, kMaxEntries, limits.hosts_per_service);
}

void read_capture(MappingReader& reader, Capture& capture) {
  const auto place = reader.find("ring_bytes");
  if (!place) return;
  const auto bytes = read_number(*place, kMinRingBytes, kMaxRingBytes);
  if (!bytes) return;
  if (!std::has_single_bit(*bytes)) return place->expected("a power of two");
  capture.ring_bytes = static_cast<std::uint32_t>(*bytes);
}

void read_dns(MappingReader& reader, Dns& dns) {
  reader.duration("query_timeout", milliseconds(100), std::chrono::minutes(1), dns.query_timeout);
  reader.duration("name_ttl_floor", milliseconds(0), std::chrono::hours(24), dns.name_ttl_floor);
}

void read_diagnose(MappingReader& reader, Diagnose& diagnose) {
  reader.duration("idle_threshold", milliseconds(100), std::chrono::hours(24), diagnose.idle_threshold);
}

void read_policy(MappingReader& reader, PolicySource& policy) { read_path(reader, "file", kMaxPath, policy.file); }

void read_log(MappingReader& reader, Logging& log) {
  if (const auto place = reader.find("level"))
    if (const auto index = read_choice(*place, kLevels)) log.level = static_cast<log::Level>(*index);
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view file_name) {
  const auto root = parse_yaml(text, file_name);
  if (!root) return root.error();
  Problems problems(file_name);
  Config config;
  MappingReader file({*root, "", problems});
  read_classify(file, config.classify);
  file.mapping("service_tags", [&](MappingReader& reader) { read_service_tags(reader, config.service_tags); });
  file.mapping("web", [&](MappingReader& reader) { read_web(reader, config.web); });
  file.mapping("control",
               [&](MappingReader& reader) { read_path(reader, "socket", kMaxSocketPath, config.control.socket); });
  file.mapping("limits", [&](MappingReader& reader) { read_limits(reader, config.limits); });
  file.mapping("capture", [&](MappingReader& reader) { read_capture(reader, config.capture); });
  file.mapping("dns", [&](MappingReader& reader) { read_dns(reader, config.dns); });
  file.mapping("diagnose", [&](MappingReader& reader) { read_diagnose(reader, config.diagnose); });
  file.mapping("policy", [&](MappingReader& reader) { read_policy(reader, config.policy); });
  file.mapping("history", [&](MappingReader& reader) { read_history(reader, config.history); });
  file.mapping("events", [&](MappingReader& reader) { read_events(reader, config.events); });
  file.mapping("log", [&](MappingReader& reader) { read_log(reader, config.log); });
  file.finish();
  if (!problems.empty()) return problems.error();
  return config;
}

}  // namespace egresswatch::config
