// SPDX-License-Identifier: Apache-2.0
#include "correlate/container_names.h"

#include <array>
#include <boost/json.hpp>
#include <cstddef>

#include "correlate/cgroup_path.h"
#include "correlate/proc_file.h"

namespace egresswatch::correlate {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFile = std::size_t{4} << 20;
constexpr std::size_t kMaxDepth = 16;

json::value parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  return error ? json::value{} : value;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  const json::string* const text = value ? value->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view{};
}

std::optional<std::string> printable(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::string name;
  assign_printable(name, text.substr(0, kMaxUnitName));
  return name;
}

std::optional<std::string> read_name(const std::string& path, auto&& name_in) {
  std::string text;
  if (!read_proc_file(path, kMaxFile, text)) return std::nullopt;
  return name_in(text);
}

}  // namespace

std::optional<std::string> docker_name(std::string_view config) {
  const json::value value = parse(config);
  const json::object* const container = value.if_object();
  if (!container) return std::nullopt;
  std::string_view name = text_at(*container, "Name");
  if (name.starts_with('/')) name.remove_prefix(1);
  return printable(name);
}

std::optional<std::string> libpod_name(std::string_view containers, std::string_view id) {
  const json::value value = parse(containers);
  const json::array* const list = value.if_array();
  if (!list) return std::nullopt;
  for (const json::value& item : *list) {
    const json::object* const container = item.if_object();
    if (!container || text_at(*container, "id") != id) continue;
    const json::value* const names = container->if_contains("names");
    const json::array* const texts = names ? names->if_array() : nullptr;
    if (!texts || texts->empty() || !texts->front().is_string()) return std::nullopt;
    return printable(std::string_view(texts->front().get_string()));
  }
  return std::nullopt;
}

std::optional<std::string> kubernetes_name(std::string_view config) {
  const json::value value = parse(config);
  const json::object* const container = value.if_object();
  const json::value* const member = container ? container->if_contains("annotations") : nullptr;
  const json::object* const annotations = member ? member->if_object() : nullptr;
  if (!annotations) return std::nullopt;
  // containerd's names, then those of CRI-O
  static constexpr std::array<std::array<std::string_view, 3>, 2> kKeys{{
      {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name", "io.kubernetes.cri.container-name"},
      {"io.kubernetes.pod.namespace", "io.kubernetes.pod.name", "io.kubernetes.container.name"},
  }};
  for (const auto& keys : kKeys) {
    std::string name;
    for (const std::string_view key : keys) {
      const std::string_view part = text_at(*annotations, key);
      if (part.empty()) continue;
      if (!name.empty()) name += '/';
      name += part;
    }
    if (!name.empty()) return printable(name);
  }
  return std::nullopt;
}

std::optional<std::string> container_name(const std::string& root, ContainerRuntime runtime, const std::string& id) {
  const auto of_containerd = [&] {
    return read_name(root + "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id + "/config.json",
                     kubernetes_name);
  };
  const auto of_crio = [&] {
    return read_name(root + "/run/containers/storage/overlay-containers/" + id + "/userdata/config.json",
                     kubernetes_name);
  };
  const auto of_libpod = [&](const char* file) {
    return read_name(root + "/var/lib/containers/storage/overlay-containers/" + file,
                     [&](std::string_view text) { return libpod_name(text, id); });
  };
  std::optional<std::string> name;
  switch (runtime) {
    case ContainerRuntime::none:
      return std::nullopt;
    case ContainerRuntime::docker:
      return read_name(root + "/var/lib/docker/containers/" + id + "/config.v2.json", docker_name);
    case ContainerRuntime::libpod:
      name = of_libpod("containers.json");
      return name ? name : of_libpod("volatile-containers.json");
    case ContainerRuntime::containerd:
      return of_containerd();
    case ContainerRuntime::crio:
      return of_crio();
    case ContainerRuntime::kubepods:
      name = of_containerd();
      return name ? name : of_crio();
  }
  return std::nullopt;
}

}  // namespace egresswatch::correlate
