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
  ServiceTags tags;
  tags.tags = {{"AzureKeyVault.LongerThanAnyStringInPlace",
                id_of(BuiltinService::key_vault),
                {{IpAddress::v4(192, 0, 2, 0), 120}}}};
  const Classifier classifier = compiled(builtin_catalog(), {}, tags);
  const std::string longest = std::string(236, 'A') + ".vault.azure.net";
  const std::array<std::string_view, 4> hosts{"Contoso.Vault.Azure.Net.", "login.live.com", "unknown.example.org",
                                              longest};
  const std::size_t before = testing::g_allocations;
  std::size_t hits = 0;
  for (const std::string_view host : hosts) hits += classifier.by_name(host, 443).service != kOtherService;
  hits += classifier.by_address(IpAddress::v4(169, 254, 169, 254), 80).service != kOtherService;
  hits += classifier.by_service_tag(IpAddress::v4(192, 0, 2, 1)).service != kOtherService;
  hits += classifier.outside_service_tag(classifier.by_name("a.vault.azure.net", 443), IpAddress::v4(192, 0, 3, 1));
  EXPECT_EQ(testing::g_allocations, before);
  EXPECT_EQ(hits, 6U);
}

}  // namespace
}  // namespace egresswatch::classify
