// SPDX-License-Identifier: Apache-2.0
#include "correlate/unit_resolver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "allocations.h"
#include "proc_tree.h"

namespace egresswatch::correlate {
namespace {

constexpr std::uint64_t kNow = 5'000'000'000;
constexpr std::uint64_t kStartTicks = 4711;

class UnitResolverTest : public ::testing::Test {
 protected:
  UnitResolver::Options options() const {
    UnitResolver::Options options;
    options.proc_root = tree_.proc();
    options.cgroup_root = tree_.cgroup();
    return options;
  }

  static Process process(std::uint32_t pid, std::uint64_t cgroup_id, std::string_view comm = "thread-1") {
    Process result;
    result.pid = pid;
    result.cgroup_id = cgroup_id;
    result.start_time_ns = kStartTicks * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))) + 123;
    comm.copy(result.comm.data(), result.comm.size() - 1);
    return result;
  }

  test::ProcTree tree_;
};

TEST_F(UnitResolverTest, ReadsTheCgroupOfALiveProcess) {
  const auto id = tree_.add_cgroup("/system.slice/vault-sync.service");
  tree_.write("10/cgroup", "0::/system.slice/vault-sync.service\n");
  UnitResolver resolver(options());
  const Unit& unit = resolver.resolve(process(10, id), kNow);
  EXPECT_EQ(unit.name, "vault-sync.service");
  EXPECT_EQ(unit.kind, UnitKind::systemd);
  EXPECT_EQ(resolver.walks(), 0U);
}

TEST_F(UnitResolverTest, TellsWhatTheRuntimeCallsAContainer) {
  const std::string container(64, 'a');
  const auto id = tree_.add_cgroup("/system.slice/docker-" + container + ".scope");
  tree_.write("files/var/lib/docker/containers/" + container + "/config.v2.json", R"({"Name": "/web"})");
  auto with_files = options();
  with_files.file_root = tree_.proc() + "/files";
  UnitResolver resolver(with_files);
  // the process has ended already: the tree of cgroups tells
  const Unit& unit = resolver.resolve(process(10, id), kNow);
  EXPECT_EQ(unit.name, "docker-aaaaaaaaaaaa");
  EXPECT_EQ(unit.kind, UnitKind::container);
  EXPECT_EQ(unit.slice, "system.slice");
  EXPECT_EQ(unit.container_id, container);
  EXPECT_EQ(unit.container_name, "web");
}

TEST_F(UnitResolverTest, DoesNotTakeTheCgroupOfAProcessThatReusedThePid) {
  const auto id = tree_.add_cgroup("/system.slice/first.service");
  static_cast<void>(tree_.add_cgroup("/system.slice/second.service"));
  tree_.write("10/cgroup", "0::/system.slice/second.service\n");
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, id), kNow).name, "first.service");
}

TEST_F(UnitResolverTest, FindsTheCgroupOfADeadProcessByWalking) {
  const auto id = tree_.add_cgroup("/system.slice/gone.service");
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, id), kNow).name, "gone.service");
  EXPECT_EQ(resolver.walks(), 1U);
}

TEST_F(UnitResolverTest, LearnsEveryCgroupInOneWalk) {
  const auto first = tree_.add_cgroup("/system.slice/first.service");
  const auto second = tree_.add_cgroup("/user.slice/user-0.slice/session-1.scope");
  UnitResolver resolver(options());
  resolver.resolve(process(10, first), kNow);
  EXPECT_EQ(resolver.resolve(process(11, second), kNow).name, "session-1.scope");
  EXPECT_EQ(resolver.walks(), 1U);
}

TEST_F(UnitResolverTest, WalksAtMostOnceASecond) {
  UnitResolver resolver(options());
  resolver.resolve(process(10, 111'111'111), kNow);
  const auto id = tree_.add_cgroup("/system.slice/new.service");
  EXPECT_EQ(resolver.resolve(process(11, id), kNow + 1).kind, UnitKind::process);
  EXPECT_EQ(resolver.walks(), 1U);
  EXPECT_EQ(resolver.resolve(process(11, id), kNow + UnitResolver::kWalkIntervalNs).name, "new.service");
  EXPECT_EQ(resolver.walks(), 2U);
}

TEST_F(UnitResolverTest, DoesNotWalkAgainForAMissingIdUntilAWhileLater) {
  UnitResolver resolver(options());
  resolver.resolve(process(10, 111'111'111), kNow);
  resolver.resolve(process(10, 111'111'111), kNow + UnitResolver::kMissRememberedNs - 1);
  EXPECT_EQ(resolver.walks(), 1U);
  resolver.resolve(process(10, 111'111'111), kNow + UnitResolver::kMissRememberedNs);
  EXPECT_EQ(resolver.walks(), 2U);
}

TEST_F(UnitResolverTest, BoundsTheDepthOfAWalkAndSaysSo) {
  std::string path;
  for (std::size_t i = 0; i <= UnitResolver::kMaxWalkDepth; ++i) path += "/d";
  const auto id = tree_.add_cgroup(path + "/deep.service");
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, id), kNow).kind, UnitKind::process);
  EXPECT_EQ(resolver.walks_cut(), 1U);
}

TEST_F(UnitResolverTest, RemembersAUnitWhenAllElseIsGone) {
  const auto id = tree_.add_cgroup("/system.slice/short.service");
  UnitResolver resolver(options());
  resolver.resolve(process(10, id), kNow);
  std::filesystem::remove_all(tree_.cgroup());
  EXPECT_EQ(resolver.resolve(process(10, id), kNow + 3600 * UnitResolver::kWalkIntervalNs).name, "short.service");
}

TEST_F(UnitResolverTest, NamesAProcessWithoutAUnitAfterItsMainThread) {
  tree_.add_process(10, "java", kStartTicks);
  tree_.write("10/cgroup", "0::/\n");
  UnitResolver resolver(options());
  const Unit& unit = resolver.resolve(process(10, tree_.id_of("/"), "pool-3-thread-7"), kNow);
  EXPECT_EQ(unit.name, "java");
  EXPECT_EQ(unit.kind, UnitKind::process);
}

TEST_F(UnitResolverTest, NamesADeadProcessWithoutAUnitAfterItsThread) {
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, tree_.id_of("/"), "curl"), kNow).name, "curl");
}

TEST_F(UnitResolverTest, NoticesThatAProcessChangedItsName) {
  tree_.add_process(10, "sh", kStartTicks);
  UnitResolver resolver(options());
  resolver.resolve(process(10, 0), kNow);
  tree_.add_process(10, "python3", kStartTicks);
  EXPECT_EQ(resolver.resolve(process(10, 0), kNow + UnitResolver::kProcessRememberedNs).name, "python3");
}

TEST_F(UnitResolverTest, UsesTheV1HierarchyWhereTheProcessIsInTheRootOfCgroup2) {
  tree_.add_process(10, "sshd", kStartTicks);
  tree_.write("10/cgroup", "3:cpu:/\n1:name=systemd:/system.slice/ssh.service\n0::/\n");
  UnitResolver resolver(options());
  const Unit& unit = resolver.resolve(process(10, tree_.id_of("/")), kNow);
  EXPECT_EQ(unit.name, "ssh.service");
  EXPECT_EQ(unit.kind, UnitKind::systemd);
}

TEST_F(UnitResolverTest, DoesNotUseTheV1HierarchyOfAProcessThatReusedThePid) {
  tree_.add_process(10, "sshd", kStartTicks + 1);
  tree_.write("10/cgroup", "1:name=systemd:/system.slice/ssh.service\n0::/\n");
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, tree_.id_of("/"), "curl"), kNow).name, "curl");
}

TEST_F(UnitResolverTest, TellsProcessesThatUsedOnePidApart) {
  tree_.add_process(10, "first", kStartTicks);
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, 0), kNow).name, "first");
  tree_.add_process(10, "second", kStartTicks + 100);
  Process second = process(10, 0);
  second.start_time_ns += 1'000'000'000;
  EXPECT_EQ(resolver.resolve(second, kNow).name, "second");
}

TEST_F(UnitResolverTest, ReadsTheCgroupOfAProcessWhoseIdTheKernelDidNotSay) {
  tree_.add_process(10, "nginx", kStartTicks);
  tree_.write("10/cgroup", "0::/system.slice/nginx.service\n");
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(10, 0), kNow).name, "nginx.service");
}

TEST_F(UnitResolverTest, SaysUnknownWhereNothingIsKnown) {
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(Process{}, kNow).name, "unknown");
}

TEST_F(UnitResolverTest, ReplacesControlBytesOfAProcessName) {
  UnitResolver resolver(options());
  EXPECT_EQ(resolver.resolve(process(0, 0, "a\x1b\nb"), kNow).name, "a??b");
}

TEST_F(UnitResolverTest, FindsTheMountOfCgroup2) {
  tree_.write("self/mountinfo", "41 31 0:38 / " + tree_.cgroup() + " rw - cgroup2 cgroup2 rw\n");
  UnitResolver::Options found = options();
  found.cgroup_root.clear();
  EXPECT_EQ(UnitResolver(found).cgroup_root(), tree_.cgroup());
}

TEST_F(UnitResolverTest, FallsBackToTheProcessWithoutCgroup2) {
  UnitResolver::Options none = options();
  none.cgroup_root.clear();
  UnitResolver resolver(none);
  EXPECT_EQ(resolver.resolve(process(10, 1, "curl"), kNow).name, "curl");
  EXPECT_EQ(resolver.walks(), 0U);
}

TEST_F(UnitResolverTest, CountsEvictions) {
  UnitResolver::Options small = options();
  small.capacity = 2;
  UnitResolver resolver(small);
  for (std::uint32_t pid = 1; pid <= 5; ++pid) resolver.resolve(process(pid, 0), kNow);
  EXPECT_EQ(resolver.evictions(), 3U);
}

TEST_F(UnitResolverTest, DoesNotEvictForWhatAWalkFindsBesides) {
  for (int i = 0; i < 10; ++i) static_cast<void>(tree_.add_cgroup("/s" + std::to_string(i) + ".service"));
  UnitResolver::Options small = options();
  small.capacity = 4;
  UnitResolver resolver(small);
  EXPECT_EQ(resolver.resolve(process(10, tree_.id_of("/s7.service")), kNow).name, "s7.service");
  EXPECT_EQ(resolver.evictions(), 0U);
}

TEST_F(UnitResolverTest, AHitDoesNotAllocate) {
  const auto id = tree_.add_cgroup("/system.slice/a-service-with-a-long-name.service");
  tree_.add_process(10, "java", kStartTicks);
  UnitResolver resolver(options());
  const Process in_unit = process(10, id);
  const Process in_root = process(10, tree_.id_of("/"));
  resolver.resolve(in_unit, kNow);
  resolver.resolve(in_root, kNow);
  const auto before = test::allocation_count();
  for (int i = 0; i < 100; ++i) {
    resolver.resolve(in_unit, kNow);
    resolver.resolve(in_root, kNow);
  }
  EXPECT_EQ(test::allocation_count(), before);
}

}  // namespace
}  // namespace egresswatch::correlate
