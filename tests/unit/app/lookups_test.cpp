// SPDX-License-Identifier: Apache-2.0
// Names that never cross the wire: from the C library and from hosts files.
#include <filesystem>

#include "unit/app/pipeline_fixture.h"
#include "unit/correlate/proc_tree.h"

namespace egresswatch::test {
namespace {

using LookupsTest = PipelineTest;

TEST_F(LookupsTest, WhatTheLibraryToldTheProcessNamesItsConnections) {
  look_up("Fabrikam.vault.azure.net.", {"203.0.113.1", "2001:db8::1"});
  connect({.id = 1});
  connect({.id = 2, .remote = "2001:db8::1"});
  connect({.id = 3, .pid = 200});
  EXPECT_EQ(attempts("key_vault", kVault), 2U);
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(named_by(NameSource::getaddrinfo), 2U);
  EXPECT_EQ(named_by(NameSource::none), 1U);
  EXPECT_EQ(events(account::EventType::name_lookup), 1U);
}

TEST_F(LookupsTest, ADnsAnswerOfTheSameProcessIsTheSource) {
  resolve(kVault, {"203.0.113.1"});
  look_up(kVault, {"203.0.113.1"});
  open({});
  EXPECT_EQ(last_connection().name_source, NameSource::dns_process);
  EXPECT_NE(last_connection().answer_uid, 0U);
}

// The stub resolver asks the DNS, the client asks the stub by other means.
TEST_F(LookupsTest, ComesBeforeADnsAnswerOfAnotherProcess) {
  resolve("cname.vault.azure.net", {"203.0.113.1"}, 200);
  look_up(kVault, {"203.0.113.1"});
  open({});
  EXPECT_EQ(last_connection().host, kVault);
  EXPECT_EQ(last_connection().name_source, NameSource::getaddrinfo);
  EXPECT_EQ(last_connection().answer_uid, 0U);
}

class HostsFileTest : public PipelineTest {
 protected:
  HostsFileTest() { options_.proc_root = tree_.proc(); }
  // What records.h says of every process: it started 7 s after the machine.
  void add(std::uint32_t pid, std::string_view hosts) {
    tree_.add_process(pid, "sdk", 700);
    tree_.write_in_root(std::to_string(pid), "etc/hosts", hosts);
  }

  ProcTree tree_;
};

TEST_F(HostsFileTest, NamesWhatNobodyElseNames) {
  add(100, "203.0.113.1 fabrikam.vault.azure.net\n");
  open({});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(last_connection().host, kVault);
  EXPECT_EQ(last_connection().name_source, NameSource::hosts_file);
  EXPECT_EQ(named_by(NameSource::hosts_file), 1U);
  EXPECT_EQ(pipeline().hosts_files().size(), 1U);
}

TEST_F(HostsFileTest, ComesAfterADnsAnswerOfAnotherProcess) {
  add(100, "203.0.113.1 pinned.vault.azure.net\n");
  resolve(kVault, {"203.0.113.1"}, 200);
  open({});
  EXPECT_EQ(last_connection().host, kVault);
  EXPECT_EQ(last_connection().name_source, NameSource::dns_host);
  EXPECT_EQ(pipeline().hosts_files().looks(), 0U);
}

TEST_F(HostsFileTest, OfAProcessThatEndsBeforeTheDestinationIsSettled) {
  add(100, "203.0.113.1 fabrikam.vault.azure.net\n");
  connect({});
  std::filesystem::remove_all(tree_.proc() + "/100");
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

TEST_F(HostsFileTest, IsNotThatOfAnotherProcess) {
  add(100, "203.0.113.1 fabrikam.vault.azure.net\n");
  add(200, "127.0.0.1 localhost\n");
  connect({.id = 1, .pid = 200});
  EXPECT_EQ(attempts("other", "other"), 1U);
  connect({.id = 2, .pid = 100});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

}  // namespace
}  // namespace egresswatch::test
