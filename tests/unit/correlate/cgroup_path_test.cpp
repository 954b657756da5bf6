// SPDX-License-Identifier: Apache-2.0
#include "correlate/cgroup_path.h"

#include <gtest/gtest.h>

#include <string>

namespace egresswatch::correlate {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string systemd_unit(std::string_view path) {
  const auto unit = unit_of_cgroup_path(path);
  return unit && unit->kind == UnitKind::systemd ? unit->name : "(none)";
}

std::string container(std::string_view path) {
  const auto unit = unit_of_cgroup_path(path);
  return unit && unit->kind == UnitKind::container ? unit->name : "(none)";
}

TEST(CgroupPath, NamesASystemService) { EXPECT_EQ(systemd_unit("/system.slice/nginx.service"), "nginx.service"); }

TEST(CgroupPath, NamesTheServiceOfAUserManager) {
  EXPECT_EQ(systemd_unit("/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service"), "sync.service");
}

TEST(CgroupPath, NamesTheServiceAboveAPlainSubgroup) {
  EXPECT_EQ(systemd_unit("/system.slice/app.service/workers/3"), "app.service");
}

TEST(CgroupPath, PrefersAServiceToAScopeBelowIt) {
  EXPECT_EQ(systemd_unit("/user.slice/user-0.slice/user@0.service/init.scope"), "user@0.service");
}

TEST(CgroupPath, NamesAScopeWithoutAService) {
  EXPECT_EQ(systemd_unit("/user.slice/user-0.slice/session-3.scope"), "session-3.scope");
}

TEST(CgroupPath, HasNoUnitForRootAndSlices) {
  EXPECT_FALSE(unit_of_cgroup_path("/"));
  EXPECT_FALSE(unit_of_cgroup_path(""));
  EXPECT_FALSE(unit_of_cgroup_path("/system.slice"));
  EXPECT_FALSE(unit_of_cgroup_path("/system.slice/.service"));
}

TEST(CgroupPath, ShortensTheIdsOfContainers) {
  EXPECT_EQ(container("/system.slice/docker-" + kId + ".scope"), "docker-0123456789ab");
  EXPECT_EQ(container("/machine.slice/libpod-" + kId + ".scope/container"), "libpod-0123456789ab");
  EXPECT_EQ(container("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + kId + ".scope"),
            "cri-containerd-0123456789ab");
  EXPECT_EQ(container("/kubepods.slice/kubepods-pod1.slice/crio-" + kId + ".scope"), "crio-0123456789ab");
}

TEST(CgroupPath, KnowsThePathsOfTheCgroupfsDriver) {
  EXPECT_EQ(container("/docker/" + kId), "docker-0123456789ab");
  EXPECT_EQ(container("/kubepods/burstable/pod1/" + kId), "kubepods-0123456789ab");
  EXPECT_EQ(container("/libpod_parent/libpod-" + kId), "libpod-0123456789ab");
  EXPECT_EQ(container("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + kId),
            "cri-containerd-0123456789ab");
}

TEST(CgroupPath, TellsSliceRuntimeAndWholeId) {
  const auto service = unit_of_cgroup_path("/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->slice, "app.slice");
  EXPECT_EQ(service->container_id, "");
  EXPECT_EQ(service->runtime, ContainerRuntime::none);
  const auto pod = unit_of_cgroup_path("/kubepods.slice/kubepods-pod1.slice/crio-" + kId + ".scope");
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->slice, "kubepods-pod1.slice");
  EXPECT_EQ(pod->container_id, kId);
  EXPECT_EQ(pod->runtime, ContainerRuntime::crio);
  EXPECT_EQ(unit_of_cgroup_path("/docker/" + kId)->runtime, ContainerRuntime::docker);
  EXPECT_EQ(unit_of_cgroup_path("/kubepods/pod1/" + kId)->runtime, ContainerRuntime::kubepods);
  EXPECT_EQ(unit_of_cgroup_path("/docker/" + kId)->slice, "");
}

TEST(CgroupPath, PrefersAContainerToServicesAroundAndInIt) {
  EXPECT_EQ(container("/system.slice/docker.service/docker/" + kId), "docker-0123456789ab");
  EXPECT_EQ(container("/docker/" + kId + "/system.slice/nginx.service"), "docker-0123456789ab");
}

TEST(CgroupPath, NamesTheDeepestOfNestedContainers) {
  const std::string inner(64, 'f');
  EXPECT_EQ(container("/docker/" + kId + "/kubelet.slice/kubelet-kubepods.slice/cri-containerd-" + inner + ".scope"),
            "cri-containerd-ffffffffffff");
}

TEST(CgroupPath, NamesTheServiceOfAPodmanUnitWithSplitCgroups) {
  EXPECT_EQ(systemd_unit("/system.slice/web.service/libpod-payload-" + kId), "web.service");
}

TEST(CgroupPath, TakesOnlyWholeIdsOfKnownRuntimesForContainers) {
  EXPECT_EQ(systemd_unit("/system.slice/docker-" + kId.substr(1) + ".scope"), "docker-" + kId.substr(1) + ".scope");
  EXPECT_EQ(systemd_unit("/machine.slice/libpod-conmon-" + kId + ".scope"), "libpod-conmon-" + kId + ".scope");
  EXPECT_FALSE(unit_of_cgroup_path("/elsewhere/" + kId));
}

TEST(CgroupPath, DecodesEscapes) {
  EXPECT_EQ(systemd_unit("/system.slice/dev\\x2ddisk.service"), "dev-disk.service");
  EXPECT_EQ(systemd_unit("/system.slice/_cpu.service"), "cpu.service");
}

TEST(CgroupPath, LeavesBrokenEscapesAsTheyAre) {
  EXPECT_EQ(systemd_unit("/a\\xzz.service"), "a\\xzz.service");
  EXPECT_EQ(systemd_unit("/a\\x2.service"), "a\\x2.service");
}

TEST(CgroupPath, ReplacesControlBytesAlsoWhenEscaped) {
  EXPECT_EQ(systemd_unit("/a\x1b[31m\nb\\x0ac\x7f\xff.service"), "a?[31m?b?c??.service");
}

TEST(CgroupPath, BoundsPathAndName) {
  EXPECT_FALSE(unit_of_cgroup_path("/" + std::string(kMaxCgroupPath, 'a') + ".service"));
  EXPECT_EQ(systemd_unit("/" + std::string(1000, 'a') + ".service").size(), kMaxUnitName);
}

TEST(CgroupPath, IgnoresTheMarkOfARemovedCgroup) {
  EXPECT_EQ(systemd_unit("/system.slice/job.service (deleted)"), "job.service");
}

TEST(CgroupLines, FindsBothHierarchiesOfAHybridHost) {
  const auto lines = parse_cgroup_lines(
      "12:cpu,cpuacct:/system.slice\n"
      "1:name=systemd:/system.slice/ssh.service\n"
      "0::/\n");
  EXPECT_EQ(lines.unified, "/");
  EXPECT_EQ(lines.systemd_v1, "/system.slice/ssh.service");
}

TEST(CgroupLines, KeepsColonsOfThePath) { EXPECT_EQ(parse_cgroup_lines("0::/a:b:c\n").unified, "/a:b:c"); }

TEST(CgroupLines, IsEmptyForAnythingElse) {
  const auto lines = parse_cgroup_lines("garbage\n\n:::\n0:cpu:/x");
  EXPECT_EQ(lines.unified, "");
  EXPECT_EQ(lines.systemd_v1, "");
}

TEST(Cgroup2MountPoint, FindsTheUnifiedMountOfAHybridHost) {
  EXPECT_EQ(cgroup2_mount_point("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
                                "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
                                "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"),
            "/sys/fs/cgroup/unified");
}

TEST(Cgroup2MountPoint, PassesOverAMountOfASubtree) {
  EXPECT_EQ(cgroup2_mount_point("40 31 0:38 /docker/x /mnt/part rw - cgroup2 cgroup2 rw\n"
                                "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
            "/sys/fs/cgroup");
}

TEST(Cgroup2MountPoint, DecodesSpaces) {
  EXPECT_EQ(cgroup2_mount_point("41 31 0:38 / /mnt/my\\040cgroups rw - cgroup2 none rw\n"), "/mnt/my cgroups");
}

TEST(Cgroup2MountPoint, IsEmptyWithoutCgroup2) {
  EXPECT_EQ(cgroup2_mount_point("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"), "");
  EXPECT_EQ(cgroup2_mount_point(" - cgroup2 "), "");
}

}  // namespace
}  // namespace egresswatch::correlate
