// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace egresswatch::capture {
namespace {

TEST(Features, AreAskedOfTheRunningKernel) {
  const auto features = KernelFeatures::probe();
  if (!features) GTEST_SKIP() << features.error().message;
  EXPECT_TRUE(features->has_tracepoint("inet_sock_set_state"));
  EXPECT_FALSE(features->has_tracepoint("no_such_tracepoint"));
  EXPECT_FALSE(features->has_tracepoint(""));
  EXPECT_TRUE(features->has_function("tcp_v4_connect"));
  EXPECT_FALSE(features->has_function("inet_sock_set_state"));
  EXPECT_FALSE(features->has_function("no_such_function"));
}

TEST(Features, TracepointArguments) {
  const auto features = KernelFeatures::probe();
  if (!features) GTEST_SKIP() << features.error().message;
  EXPECT_EQ(features->tracepoint_arguments("inet_sock_set_state"), 3U);
  EXPECT_EQ(features->tracepoint_arguments("no_such_tracepoint"), 0U);
  // the skb and where; then the reason, where there are reasons
  EXPECT_EQ(features->tracepoint_arguments("kfree_skb") > 2, !features->drop_reasons().empty());
}

TEST(Features, Cgroup2IsWhereProcessesAreListed) {
  const std::string mount_point = find_cgroup2();
  if (mount_point.empty()) GTEST_SKIP() << "cgroup v2 is not mounted";
  EXPECT_TRUE(std::filesystem::exists(mount_point + "/cgroup.procs"));
  EXPECT_TRUE(std::filesystem::exists(mount_point + "/cgroup.controllers"));
}

}  // namespace
}  // namespace egresswatch::capture
