// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "app/commands.h"
#include "unit/app/temporary_file.h"

namespace egresswatch::app {
namespace {

using test::TemporaryFile;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Settings, DefaultFileNeedNotExist) {
  if (std::filesystem::exists(kDefaultConfigFile)) GTEST_SKIP() << "this host has a " << kDefaultConfigFile;
  const auto settings = load_settings("");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->config, config::Config{});
  EXPECT_EQ(settings->classifier->service_name(1), "key_vault");
}

TEST(Settings, FileThatWasNamedMustExist) {
  const auto settings = load_settings("/nonexistent/egresswatch.yaml");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, ENOENT);
  EXPECT_THAT(settings.error().message, StartsWith("/nonexistent/egresswatch.yaml: "));
}

TEST(Settings, FileIsCompiled) {
  const TemporaryFile file("cloud: usgov\n");
  const auto settings = load_settings(file.path());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->config.classify.cloud, Cloud::usgov);
  const auto match = settings->classifier->by_name("fabrikam.vault.usgovcloudapi.net", 443);
  EXPECT_EQ(match.service, id_of(BuiltinService::key_vault));
}

TEST(Settings, ProblemHasFileLineAndKey) {
  const TemporaryFile file("cloud: public\nlimits:\n  sockets: many\n");
  const auto settings = load_settings(file.path());
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().message, StartsWith(file.path() + ":3: limits.sockets: "));
}

TEST(Settings, ProblemThatOnlyCompilingFindsIsToldToo) {
  const TemporaryFile file(
      "hosts:\n  entra: [adfs.example.com]\nservices:\n  - name: own\n    hosts: [adfs.example.com]\n");
  const auto settings = load_settings(file.path());
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().message, HasSubstr("adfs.example.com"));
}

}  // namespace
}  // namespace egresswatch::app
