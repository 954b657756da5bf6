// SPDX-License-Identifier: Apache-2.0
// Names that still work, but should not be used any more.
#include "app/legacy_notice.h"

#include <string>
#include <vector>

#include "base/log.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

class LegacyNoticeTest : public PipelineTest {
 protected:
  LegacyNoticeTest() {
    warnings().clear();
    log::set_sink([](log::Level level, std::string_view message) {
      if (level == log::Level::warning) warnings().emplace_back(message);
    });
  }
  ~LegacyNoticeTest() override {
    log::set_sink([](log::Level, std::string_view) {});
  }

  static std::vector<std::string>& warnings() {
    static std::vector<std::string> messages;
    return messages;
  }

  void use(std::string_view host) {
    resolve(host, {"203.0.113.1"});
    open({.id = ++id_});
    now_ += kSecond;
  }

 private:
  std::uint64_t id_ = 0;
};

using Messages = std::vector<std::string>;

TEST_F(LegacyNoticeTest, SaysOnceWhatReplacesTheName) {
  use("graph.windows.net");
  use("graph.windows.net");
  use("mscrl.microsoft.com");
  EXPECT_EQ(
      warnings(),
      (Messages{"graph.windows.net is a retired name of graph: use graph.microsoft.com instead; first used by sdk",
                "mscrl.microsoft.com is a retired name of revocation: use www.microsoft.com instead; first used by "
                "sdk"}));
}

TEST_F(LegacyNoticeTest, IsCountedAsAnyOtherName) {
  use("graph.windows.net");
  EXPECT_EQ(attempts("graph", "graph.windows.net"), 1U);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .failed = 0, .open = 1}));
}

TEST_F(LegacyNoticeTest, NothingOfCurrentAndUnknownNames) {
  use("graph.microsoft.com");
  use("westus2.login.microsoft.com");
  use("www.example.com");
  EXPECT_EQ(warnings(), Messages{});
}

TEST_F(LegacyNoticeTest, AUserWhoListsTheNameHasDecided) {
  ClassifyOptions options;
  options.hosts.push_back({id_of(BuiltinService::graph), *HostPattern::parse("graph.windows.net")});
  pipeline().set_rules({compile(options)});
  use("graph.windows.net");
  EXPECT_EQ(warnings(), Messages{});
  EXPECT_EQ(attempts("graph", "graph.windows.net"), 1U);
}

TEST_F(LegacyNoticeTest, ManyNamesOfOneRuleAreToldUpToALimit) {
  const std::size_t most = app::LegacyNotice::kMaxHosts;
  for (std::size_t i = 0; i < most + 3; ++i) use("region" + std::to_string(i) + ".r.login.microsoftonline.com");
  ASSERT_EQ(warnings().size(), most + 1);
  EXPECT_EQ(warnings().front(),
            "region0.r.login.microsoftonline.com is a retired name of entra: use *.login.microsoft.com instead; first "
            "used by sdk");
  EXPECT_EQ(warnings().back(), "64 retired names are in use; no more are told");
}

}  // namespace
}  // namespace egresswatch::test
