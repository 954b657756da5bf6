// SPDX-License-Identifier: Apache-2.0
// A lookup happens for every connection and every DNS answer: it must not touch the heap.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "builtin_catalog.h"
#include "harness/count_allocations.h"

namespace egresswatch::classify {
namespace {

TEST(NoAllocation, LookupsDoNotTouchTheHeap) {
  const Classifier classifier = builtin_classifier(Cloud::public_cloud);
  const std::string longest = std::string(236, 'A') + ".vault.azure.net";
  const std::array<std::string_view, 4> hosts{"Contoso.Vault.Azure.Net.", "login.live.com", "unknown.example.org",
                                              longest};
  const std::size_t before = testing::g_allocations;
  std::size_t hits = 0;
  for (const std::string_view host : hosts) hits += classifier.by_name(host, 443).service != kOtherService;
  hits += classifier.by_address(IpAddress::v4(169, 254, 169, 254), 80).service != kOtherService;
  EXPECT_EQ(testing::g_allocations, before);
  EXPECT_EQ(hits, 4U);
}

}  // namespace
}  // namespace egresswatch::classify
