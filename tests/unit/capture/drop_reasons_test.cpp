// SPDX-License-Identifier: Apache-2.0
#include "capture/drop_reasons.h"

#include <gtest/gtest.h>

#include <array>

namespace egresswatch::capture {
namespace {

TEST(DropReasons, WhatThisHostDecidesCounts) {
  for (const char* name : {"NETFILTER_DROP", "NEIGH_FAILED", "NEIGH_QUEUEFULL", "BPF_CGROUP_EGRESS", "IP_OUTNOROUTES",
                           "QDISC_DROP", "TC_EGRESS", "XFRM_POLICY", "SOCKET", ""})
    EXPECT_FALSE(is_ignored_drop(name)) << name;
}

TEST(DropReasons, TheProtocolsOwnDoesNot) {
  for (const char* name : {"NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED", "QUEUE_PURGE", "NO_SOCKET", "MAX",
                           "TCP_OLD_DATA", "TCP_OFOMERGE", "SOCKET_FILTER", "SOCKET_RCVBUFF"})
    EXPECT_TRUE(is_ignored_drop(name)) << name;
}

TEST(DropReasons, TableHoldsTheKernelsNumbers) {
  const auto features = KernelFeatures::probe();
  if (!features) GTEST_SKIP() << features.error().message;
  const auto reasons = features->drop_reasons();
  if (reasons.empty()) GTEST_SKIP() << "this kernel has no drop reasons";
  std::array<std::uint8_t, 256> table{};
  fill_ignored_drops(*features, table);
  for (const auto& reason : reasons) {
    if (reason.number < table.size()) {
      EXPECT_EQ(table[reason.number] != 0, is_ignored_drop(reason.name)) << reason.name;
    }
  }
  // a table that is too short is no fault
  fill_ignored_drops(*features, std::span(table).first(1));
}

}  // namespace
}  // namespace egresswatch::capture
