// SPDX-License-Identifier: Apache-2.0
#include "correlate/cgroup_path.h"

#include <algorithm>
#include <array>

namespace egresswatch::correlate {
namespace {

constexpr std::size_t kContainerIdLength = 64;
constexpr std::size_t kShortIdLength = 12;

struct RuntimeName {
  std::string_view name;
  ContainerRuntime runtime;
};
constexpr std::array<RuntimeName, 4> kRuntimes{{{"docker", ContainerRuntime::docker},
                                                {"libpod", ContainerRuntime::libpod},
                                                {"cri-containerd", ContainerRuntime::containerd},
                                                {"crio", ContainerRuntime::crio}}};

// The text up to the separator, which both are removed from `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return taken;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_container_id(std::string_view text) {
  return text.size() == kContainerIdLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return hex_value(c) >= 0; });
}

bool has_suffix_and_stem(std::string_view component, std::string_view suffix) {
  return component.size() > suffix.size() && component.ends_with(suffix);
}

struct Container {
  RuntimeName runtime;
  std::string_view id;
};

std::optional<Container> container_of(std::string_view component, std::string_view parent, bool below_kubepods) {
  if (is_container_id(component)) {
    if (parent == "docker") return Container{kRuntimes[0], component};
    if (below_kubepods) return Container{{"kubepods", ContainerRuntime::kubepods}, component};
    return std::nullopt;
  }
  if (component.ends_with(".scope")) component.remove_suffix(std::string_view(".scope").size());
  if (component.size() <= kContainerIdLength) return std::nullopt;

  const std::string_view id = component.substr(component.size() - kContainerIdLength);
  const char separator = component[component.size() - kContainerIdLength - 1];
  std::string_view runtime = component.substr(0, component.size() - kContainerIdLength - 1);
  if (separator == ':') runtime.remove_prefix(runtime.rfind(':') + 1);
  if (separator != ':' && separator != '-') return std::nullopt;
  const auto* const known = std::ranges::find(kRuntimes, runtime, &RuntimeName::name);
  if (!is_container_id(id) || known == kRuntimes.end()) return std::nullopt;
  return Container{*known, id};
}

std::string unescape_unit(std::string_view component) {
  if (component.starts_with('_')) component.remove_prefix(1);
  component = component.substr(0, kMaxUnitName);
  std::string decoded;
  decoded.reserve(component.size());
  for (std::size_t i = 0; i < component.size(); ++i) {
    if (component.substr(i, 2) == "\\x" && i + 3 < component.size()) {
      const int high = hex_value(component[i + 2]);
      const int low = hex_value(component[i + 3]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 3;
        continue;
      }
    }
    decoded.push_back(component[i]);
  }
  std::string printable;
  assign_printable(printable, decoded);
  return printable;
}

// mountinfo writes space, tab, newline and backslash as \040 and so on.
std::string unescape_mount(std::string_view field) {
  std::string result;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto octal = [&](std::size_t at) { return field[at] >= '0' && field[at] <= '7' ? field[at] - '0' : -1; };
    if (field[i] == '\\' && i + 3 < field.size() && octal(i + 1) >= 0 && octal(i + 2) >= 0 && octal(i + 3) >= 0) {
      result.push_back(static_cast<char>(octal(i + 1) * 64 + octal(i + 2) * 8 + octal(i + 3)));
      i += 3;
    } else {
      result.push_back(field[i]);
    }
  }
  return result;
}

}  // namespace

void assign_printable(std::string& result, std::string_view text) {
  result.assign(text);
  for (char& c : result)
    if (c < 0x20 || c > 0x7e) c = '?';
}

std::optional<Unit> unit_of_cgroup_path(std::string_view path) {
  if (path.size() > kMaxCgroupPath) return std::nullopt;
  // The kernel marks a cgroup that was removed under a process which is about to exit.
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());

  std::optional<Container> container;
  std::string_view service;
  std::string_view scope;
  std::string_view slice;
  std::string_view parent;
  bool below_kubepods = false;
  while (!path.empty()) {
    const std::string_view component = take_until(path, '/');
    if (const auto found = container_of(component, parent, below_kubepods))
      container = found;
    else if (has_suffix_and_stem(component, ".service"))
      service = component;
    else if (has_suffix_and_stem(component, ".scope"))
      scope = component;
    else if (has_suffix_and_stem(component, ".slice"))
      slice = component;
    below_kubepods = below_kubepods || component.starts_with("kubepods");
    parent = component;
  }

  Unit unit;
  if (!slice.empty()) unit.slice = unescape_unit(slice);
  if (container) {
    unit.name.append(container->runtime.name).append("-").append(container->id.substr(0, kShortIdLength));
    unit.kind = UnitKind::container;
    unit.container_id = container->id;
    unit.runtime = container->runtime.runtime;
    return unit;
  }
  const std::string_view component = service.empty() ? scope : service;
  if (component.empty()) return std::nullopt;
  unit.name = unescape_unit(component);
  unit.kind = UnitKind::systemd;
  return unit;
}

CgroupLines parse_cgroup_lines(std::string_view text) {
  CgroupLines lines;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    // A path may hold colons: only the first two separate fields.
    const std::string_view hierarchy = take_until(line, ':');
    const std::string_view controllers = take_until(line, ':');
    if (hierarchy == "0" && controllers.empty()) lines.unified = line;
    if (controllers == "name=systemd") lines.systemd_v1 = line;
  }
  return lines;
}

std::string cgroup2_mount_point(std::string_view mountinfo) {
  while (!mountinfo.empty()) {
    std::string_view line = take_until(mountinfo, '\n');
    // 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
    const std::size_t separator = line.find(" - ");
    if (separator == std::string_view::npos || !line.substr(separator).starts_with(" - cgroup2 ")) continue;
    for (int skipped = 0; skipped < 3; ++skipped) take_until(line, ' ');
    const std::string_view root = take_until(line, ' ');
    if (root == "/") return unescape_mount(take_until(line, ' '));
  }
  return {};
}

}  // namespace egresswatch::correlate
