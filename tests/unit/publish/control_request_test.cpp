// SPDX-License-Identifier: Apache-2.0
#include "publish/control_request.h"

#include <gtest/gtest.h>

namespace egresswatch::publish {
namespace {

using Kind = ControlRequest::Kind;

std::string target_of(std::string_view request_target) {
  const ControlRequest request = parse_control_request(request_target);
  return request.kind == Kind::explain ? request.target : "no target";
}

TEST(ControlRequest, Status) {
  EXPECT_EQ(parse_control_request("/v1/status").kind, Kind::status);
  EXPECT_EQ(parse_control_request("/v1/status?later=1").kind, Kind::status);
}

TEST(ControlRequest, Flush) {
  const ControlRequest request = parse_control_request("/v1/flush");
  EXPECT_EQ(request.kind, Kind::flush);
  EXPECT_EQ(request.target, "");
}

TEST(ControlRequest, AnythingElseIsUnknown) {
  for (const char* text : {"", "/", "/v1/statu", "/v1/status/", "/v2/status", "*", "http://x/v1/status", "?target=a"})
    EXPECT_EQ(parse_control_request(text).kind, Kind::unknown) << text;
}

TEST(ControlRequest, TheTargetIsDecoded) {
  EXPECT_EQ(target_of("/v1/explain?target=a.vault.azure.net"), "a.vault.azure.net");
  EXPECT_EQ(target_of("/v1/explain?target=2001%3adb8%3A%3a1"), "2001:db8::1");
  EXPECT_EQ(target_of("/v1/explain?x=1&&y&target=a%26b&target=c"), "a&b");
  EXPECT_EQ(target_of("/v1/explain?target=a=b"), "a=b");
  EXPECT_EQ(target_of("/v1/explain?target=%00"), std::string(1, '\0'));
}

TEST(ControlRequest, MalformedTargets) {
  for (const char* text :
       {"/v1/explain", "/v1/explain?", "/v1/explain?target", "/v1/explain?target=", "/v1/explain?targe=a",
        "/v1/explain?target=%", "/v1/explain?target=%4", "/v1/explain?target=%zz", "/v1/explain?target=%4g"})
    EXPECT_EQ(parse_control_request(text).kind, Kind::malformed) << text;
}

TEST(ControlRequest, EventsAfterANumber) {
  EXPECT_EQ(parse_control_request("/v1/events").kind, Kind::events);
  EXPECT_EQ(parse_control_request("/v1/events").after, 0U);
  EXPECT_EQ(parse_control_request("/v1/events?after=18446744073709551615").after, 18446744073709551615U);
  for (const char* text : {"/v1/events?after=", "/v1/events?after=1x", "/v1/events?after=-1",
                           "/v1/events?after=18446744073709551616", "/v1/events?after=%31"})
    EXPECT_EQ(parse_control_request(text).kind, Kind::malformed) << text;
}

TEST(ControlRequest, Lengths) {
  const std::string path = "/v1/explain?target=";
  EXPECT_EQ(target_of(path + std::string(255, 'a')), std::string(255, 'a'));
  EXPECT_EQ(parse_control_request(path + std::string(256, 'a')).kind, Kind::malformed);
  std::string encoded;
  for (int i = 0; i < 255; ++i) encoded += "%61";
  EXPECT_EQ(target_of(path + encoded), std::string(255, 'a'));
  EXPECT_EQ(parse_control_request("/v1/status?" + std::string(1013, 'a')).kind, Kind::status);
  EXPECT_EQ(parse_control_request("/v1/status?" + std::string(1014, 'a')).kind, Kind::malformed);
}

}  // namespace
}  // namespace egresswatch::publish
