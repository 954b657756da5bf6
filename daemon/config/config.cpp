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
constexpr std::uint64_t kMinRingBytes = 64 * 1024;
constexpr std::uint64_t kMaxRingBytes = 64 * 1024 * 1024;
constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
static_assert(kLevels.size() == static_cast<std::size_t>(log::Level::error) + 1);

void read_web(MappingReader& reader, Web& web) {
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

void read_control(MappingReader& reader, Control& control) {
  const auto place = reader.find("socket");
  if (!place) return;
  constexpr std::string_view kExpected = "an absolute path of at most 107 bytes, or \"\" for none";
  const auto path = read_text(*place, kExpected);
  if (!path) return;
  if (!path->empty() &&
      (path->front() != '/' || path->size() > kMaxSocketPath || path->find('\0') != std::string_view::npos))
    return place->expected(kExpected);
  control.socket = *path;
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
  file.mapping("web", [&](MappingReader& reader) { read_web(reader, config.web); });
  file.mapping("control", [&](MappingReader& reader) { read_control(reader, config.control); });
  file.mapping("limits", [&](MappingReader& reader) { read_limits(reader, config.limits); });
  file.mapping("capture", [&](MappingReader& reader) { read_capture(reader, config.capture); });
  file.mapping("dns", [&](MappingReader& reader) { read_dns(reader, config.dns); });
  file.mapping("diagnose", [&](MappingReader& reader) { read_diagnose(reader, config.diagnose); });
  file.mapping("log", [&](MappingReader& reader) { read_log(reader, config.log); });
  file.finish();
  if (!problems.empty()) return problems.error();
  return config;
}

}  // namespace egresswatch::config
