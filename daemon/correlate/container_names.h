// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// What people call a container, as its runtime wrote it down. The files are the runtimes' own state, readable by root:
// without the right to read them a container goes by its id.
namespace egresswatch::correlate {

// The runtimes that a cgroup names; see unit_of_cgroup_path().
enum class ContainerRuntime { none, docker, libpod, containerd, crio, kubepods };

// The name of the container with this id (64 hexadecimal digits), printable ASCII of at most 255 characters; none if no
// file tells. Of Kubernetes it is namespace/pod/container. `root` is where the paths begin, "" on a host.
//
//   docker      /var/lib/docker/containers/<id>/config.v2.json
//   libpod      /var/lib/containers/storage/overlay-containers/containers.json, volatile-containers.json
//   containerd  /run/containerd/io.containerd.runtime.v2.task/k8s.io/<id>/config.json (OCI runtime specification)
//   crio        /run/containers/storage/overlay-containers/<id>/userdata/config.json
//   kubepods    either of the last two: the cgroup does not tell which
std::optional<std::string> container_name(const std::string& root, ContainerRuntime runtime, const std::string& id);

// Each reads the text of such a file, which may be anything: at most 16 levels deep. Pure.
std::optional<std::string> docker_name(std::string_view config);
std::optional<std::string> libpod_name(std::string_view containers, std::string_view id);
std::optional<std::string> kubernetes_name(std::string_view config);

}  // namespace egresswatch::correlate
