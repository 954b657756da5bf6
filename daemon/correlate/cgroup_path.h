// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "correlate/container_names.h"

// What a cgroup path and the two files of /proc that hold such paths say. Pure functions over untrusted text.
namespace egresswatch::correlate {

enum class UnitKind : std::uint8_t { process, systemd, container };

// What an operator would stop, restart or read the log of: the value of the label `unit`.
struct Unit {
  std::string name;
  UnitKind kind = UnitKind::process;
  std::string slice = {};           // of systemd, the deepest around it; empty = none
  std::string container_id = {};    // in full; empty = no container
  std::string container_name = {};  // as its runtime says; empty = it does not, or not to us
  ContainerRuntime runtime = ContainerRuntime::none;
};

inline constexpr std::size_t kMaxCgroupPath = 4096;  // PATH_MAX; a longer path has no unit
inline constexpr std::size_t kMaxUnitName = 255;     // NAME_MAX; a longer name is cut

// The unit of a cgroup v2 path, or of a path of the v1 hierarchy name=systemd; none for the root and for slices.
//
//   .../docker-<64 hex>.scope        docker-<first 12>          as `docker ps` prints the id
//   .../libpod-<64 hex>.scope        libpod-<first 12>          podman ps
//   .../cri-containerd-<64 hex>.scope, .../crio-<64 hex>.scope  crictl ps, likewise (also without .scope)
//   /docker/<64 hex>                 docker-<first 12>          cgroupfs driver
//   /kubepods.../<64 hex>            kubepods-<first 12>        cgroupfs driver: the path does not tell the runtime
//   ...:cri-containerd:<64 hex>      cri-containerd-<first 12>  containerd told to use the wrong driver
//   .../user@1000.service/app.slice/foo.service                 foo.service, the deepest service
//   .../session-3.scope              session-3.scope            the deepest scope, if there is no service
//
// A container wins over services on either side of it: those above run its engine, those below are its own. Escapes
// (\x2d, and the underscore in front of names that would clash with a control file) are undone, see systemd.unit(5) and
// systemd's cg_escape(). A user with a delegated subtree chooses the names in it: a name is a hint, not a proof.
std::optional<Unit> unit_of_cgroup_path(std::string_view path);

// The text with each byte outside of printable ASCII replaced by '?', so that it can be a label or go to a terminal.
// Written into `result`, whose capacity is reused.
void assign_printable(std::string& result, std::string_view text);

// The lines of /proc/<pid>/cgroup that matter (cgroups(7)); empty where there is none. Views into `text`.
struct CgroupLines {
  std::string_view unified;     // 0::<path>
  std::string_view systemd_v1;  // <n>:name=systemd:<path>, on hosts with a hybrid or legacy layout
};
CgroupLines parse_cgroup_lines(std::string_view text);

// Where the root of the cgroup v2 hierarchy is mounted, by /proc/self/mountinfo (proc(5)); empty if nowhere.
std::string cgroup2_mount_point(std::string_view mountinfo);

}  // namespace egresswatch::correlate
