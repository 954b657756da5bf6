// SPDX-License-Identifier: Apache-2.0
#include "classify/host_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace egresswatch::classify {
namespace {

using Labels = std::vector<std::string>;

Labels labels_of(std::string_view host) {
  HostName name;
  Labels labels;
  if (name.assign(host))
    for (std::size_t i = 0; i < name.label_count(); ++i) labels.emplace_back(name.label(i));
  return labels;
}

std::uint64_t hash_of(std::string_view host) {
  HostName name;
  EXPECT_TRUE(name.assign(host));
  std::uint64_t hash = 0;
  for (std::size_t label = name.label_count(); label-- > 0;) hash = name.hash(label, hash);
  return hash;
}

TEST(HostName, IsCutIntoLabelsFromLeftToRight) {
  EXPECT_EQ(labels_of("a"), Labels{"a"});
  EXPECT_EQ(labels_of("login.microsoftonline.com."), (Labels{"login", "microsoftonline", "com"}));
}

TEST(HostName, TheLongestNameHas127Labels) {
  std::string host = "a";
  for (int i = 0; i < 126; ++i) host += ".a";
  ASSERT_EQ(host.size(), 253U);
  EXPECT_EQ(labels_of(host), Labels(127, "a"));
  EXPECT_EQ(labels_of(host + "."), Labels(127, "a"));
  EXPECT_EQ(labels_of(host + "a"), Labels{});
}

TEST(HostName, CanBeAssignedAgain) {
  HostName name;
  ASSERT_TRUE(name.assign("a.b.c"));
  ASSERT_FALSE(name.assign("a..c"));
  ASSERT_TRUE(name.assign("d.e"));
  EXPECT_EQ(name.label_count(), 2U);
  EXPECT_EQ(name.label(1), "e");
}

// Words end in every way: inside the name, with it, and in names shorter than a word.
TEST(HostName, EveryByteIsFoldedAsAsciiIsAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '.' || c == '\\') continue;
    const char folded = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    for (const std::size_t size : {1U, 7U, 8U, 9U, 17U}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string written(size, 'Q');
        std::string lower(size, 'q');
        written[at] = c;
        lower[at] = folded;
        HostName name;
        ASSERT_TRUE(name.assign(written));
        EXPECT_TRUE(name.ends_in(lower)) << byte << " at " << at << " of " << size;
        EXPECT_EQ(hash_of(written), hash_of(lower)) << byte << " at " << at << " of " << size;
        lower[at] = static_cast<char>(folded ^ 1);
        EXPECT_FALSE(name.ends_in(lower)) << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(HostName, HashesTellLabelsApart) {
  EXPECT_NE(hash_of("ab.c"), hash_of("a.bc"));
  EXPECT_NE(hash_of("a.b"), hash_of("b.a"));
  EXPECT_NE(hash_of("aaaaaaaa.b"), hash_of("aaaaaaaaa.b"));
}

TEST(HostName, EndsInWholeLabels) {
  HostName name;
  ASSERT_TRUE(name.assign("Contoso.Vault.Azure.Net"));
  EXPECT_TRUE(name.ends_in("vault.azure.net"));
  EXPECT_TRUE(name.ends_in("contoso.vault.azure.net"));
  EXPECT_FALSE(name.ends_in("oso.vault.azure.net"));
  EXPECT_FALSE(name.ends_in("vault.azure.com"));
  EXPECT_FALSE(name.ends_in("x.contoso.vault.azure.net"));
}

TEST(HostName, TheFirstLabelContinuesAPrefix) {
  HostName name;
  ASSERT_TRUE(name.assign("AZKMS-prod-weu.example"));
  EXPECT_TRUE(name.first_label_continues("azkms-prod-"));
  EXPECT_TRUE(name.first_label_continues("azkms-prod-we"));
  EXPECT_FALSE(name.first_label_continues("azkms-prod-weu"));
  EXPECT_FALSE(name.first_label_continues("azkms-test-"));
}

}  // namespace
}  // namespace egresswatch::classify
