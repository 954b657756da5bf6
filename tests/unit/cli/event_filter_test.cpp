// SPDX-License-Identifier: Apache-2.0
#include "cli/event_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "unit/publish/report_fixture.h"

namespace egresswatch::cli {
namespace {

using publish::sample_connection;
using publish::sample_dns;
using publish::sample_failure;
using publish::sample_flow;
using ::testing::HasSubstr;

EventFilter wanting(std::string_view name, std::string_view value) {
  EventFilter filter;
  EXPECT_TRUE(filter.want(name, value)) << name;
  return filter;
}

TEST(EventFilter, WithoutConditionsEverythingFits) {
  EXPECT_TRUE(EventFilter().fits(sample_connection()));
  EXPECT_TRUE(EventFilter().fits(sample_dns()));
  EXPECT_TRUE(EventFilter().fits(sample_flow()));
}

TEST(EventFilter, Properties) {
  const Event connection = sample_connection();
  EXPECT_TRUE(wanting("service", "key_vault").fits(connection));
  EXPECT_FALSE(wanting("service", "key").fits(connection));
  EXPECT_TRUE(wanting("host", "*.vault.azure.net").fits(connection));
  EXPECT_TRUE(wanting("host", "PROD.*").fits(connection));
  EXPECT_TRUE(wanting("host", "20.1.*").fits(connection)) << "of the address as well";
  EXPECT_FALSE(wanting("host", "vault.azure.net").fits(connection));
  EXPECT_TRUE(wanting("unit", "sync.service").fits(connection));
  EXPECT_TRUE(wanting("unit", "s*").fits(connection));
  EXPECT_TRUE(wanting("pid", "4711").fits(connection));
  EXPECT_FALSE(wanting("pid", "471").fits(connection));
  EXPECT_TRUE(wanting("host", "prod.*").fits(sample_dns())) << "the question";
}

TEST(EventFilter, Verdicts) {
  ConnectionReport unexpected = sample_connection();
  unexpected.unexpected = Unexpected::not_in_policy;
  DnsReport failed_question = sample_dns();
  failed_question.cause = DnsCause::nxdomain;
  const Event ok = sample_connection();
  const Event failed = sample_failure(Stage::connect, Cause::refused);

  EXPECT_TRUE(wanting("verdict", "ok").fits(ok));
  EXPECT_TRUE(wanting("verdict", "ok").fits(sample_dns()));
  EXPECT_FALSE(wanting("verdict", "ok").fits(failed));
  EXPECT_TRUE(wanting("verdict", "failed").fits(failed));
  EXPECT_TRUE(wanting("verdict", "failed").fits(failed_question));
  EXPECT_FALSE(wanting("verdict", "failed").fits(sample_flow()));
  EXPECT_TRUE(wanting("verdict", "unexpected").fits(unexpected));
  EXPECT_TRUE(wanting("verdict", "unexpected").fits(sample_flow()));
  EXPECT_FALSE(wanting("verdict", "unexpected").fits(ok));
}

TEST(EventFilter, OneOfTheValuesOfEachProperty) {
  EventFilter filter;
  ASSERT_TRUE(filter.want("service", "entra"));
  ASSERT_TRUE(filter.want("service", "key_vault"));
  ASSERT_TRUE(filter.want("unit", "sync.service"));
  EXPECT_TRUE(filter.fits(sample_connection()));
  ASSERT_TRUE(filter.want("verdict", "failed"));
  EXPECT_FALSE(filter.fits(sample_connection()));
}

TEST(EventFilter, Exclusions) {
  EventFilter filter;
  ASSERT_TRUE(filter.exclude("host=*.example"));
  ASSERT_TRUE(filter.want("service", "key_vault"));
  EXPECT_TRUE(filter.fits(sample_connection()));
  ASSERT_TRUE(filter.exclude("unit", "sync*"));
  EXPECT_FALSE(filter.fits(sample_connection()));
}

TEST(EventFilter, BeginsAtATime) {
  EventFilter filter;
  filter.begin_at(sample_connection().wall_time_ns);
  EXPECT_TRUE(filter.fits(sample_connection()));
  filter.begin_at(sample_connection().wall_time_ns + 1);
  EXPECT_FALSE(filter.fits(sample_connection()));
}

TEST(EventFilter, WhatIsWrongIsSaid) {
  EventFilter filter;
  EXPECT_THAT(filter.exclude("entra").error().message, HasSubstr("service=entra"));
  EXPECT_THAT(filter.exclude("servise=entra").error().message, HasSubstr("\"servise\" is no filter"));
  EXPECT_THAT(filter.want("verdict", "good").error().message, HasSubstr("not \"good\""));
  EXPECT_THAT(filter.want("pid", "12x").error().message, HasSubstr("12x"));
  EXPECT_THAT(filter.want("pid", "0").error().message, HasSubstr("number"));
}

}  // namespace
}  // namespace egresswatch::cli
