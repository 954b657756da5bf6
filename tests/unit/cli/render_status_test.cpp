// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/render.h"

namespace egresswatch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string render(std::string_view document, bool colour = false) {
  return render_status(boost::json::parse({document.data(), document.size()}).as_object(), colour);
}

constexpr std::string_view kDocument = R"({"version":1,
  "daemon":{"version":"0.1.0","since":"2026-09-21T14:00:00.000000Z","now":"2026-09-21T14:30:00.000000Z",
            "data_complete":true,"ready":true},
  "rows":[
    {"service":"key_vault","host":"a.vault.azure.net","verdict":"ok","attempts":12,"established":12,"failed":0,
     "dns_failures":0,"pending":0,"last_success":"2026-09-21T14:29:00.000000Z","units":["a.service"],"families":{}},
    {"service":"entra","host":"login.microsoftonline.com","verdict":"failed","attempts":3,"established":1,"failed":2,
     "dns_failures":1,"pending":0,"last_stage":"connect","last_cause":"no_reply",
     "last_failure":"2026-09-21T14:29:48.000000Z","last_success":"2026-09-21T14:20:00.000000Z",
     "units":["a.service","b.service","c.service","d.service"],"units_left_out":2,
     "families":{"ipv4":{"established":1,"failed":0,"last_success":"2026-09-21T14:20:00.000000Z"},
                 "ipv6":{"established":0,"failed":2,"last_stage":"connect","last_cause":"no_reply",
                         "last_failure":"2026-09-21T14:29:48.000000Z"}}}]})";

TEST(RenderStatus, FailuresComeFirstAndColumnsLineUp) {
  EXPECT_EQ(
      render(kDocument),
      "SERVICE    HOST                       ATTEMPTS  ESTABLISHED  FAILED  DNS FAILED  PENDING  VERDICT  LAST FAILURE"
      "                UNITS\n"
      "entra      login.microsoftonline.com         3            1       2           1        0  FAILED   "
      "connect/no_reply, 12 s ago  a.service, b.service, c.service and 3 more\n"
      "key_vault  a.vault.azure.net                12           12       0           0        0  ok       -       "
      "                    a.service\n"
      "\n"
      "Since the daemon started 30 min ago.\n"
      "login.microsoftonline.com: IPv6 fails (connect/no_reply), IPv4 works\n");
}

TEST(RenderStatus, OnlyTheVerdictIsColoured) {
  const std::string text = render(kDocument, true);
  EXPECT_THAT(text, HasSubstr("  \033[1;31mFAILED\033[0m   connect"));
  EXPECT_THAT(text, HasSubstr("  \033[32mok\033[0m       -"));
  EXPECT_THAT(render(kDocument, false), Not(HasSubstr("\033")));
}

TEST(RenderStatus, NothingWasSeen) {
  EXPECT_EQ(render(R"({"daemon":{"since":"2026-09-21T14:00:00Z","now":"2026-09-21T14:00:03Z","data_complete":true},
                       "rows":[]})"),
            "No connection and no failure was seen since the daemon started 3 s ago.\n");
}

TEST(RenderStatus, LossesAndWhatIsLeftOutAreTold) {
  const std::string text = render(
      R"({"daemon":{"since":"2026-09-21T14:00:00Z","now":"2026-09-21T14:00:03Z","data_complete":false},
          "rows":[],"rows_left_out":7})");
  EXPECT_THAT(text, HasSubstr("7 more rows are left out.\n"));
  EXPECT_THAT(text, HasSubstr("Events were lost: the numbers are too low"));
}

TEST(RenderStatus, ControlBytesOfNamesAreEscaped) {
  const std::string text = render(R"({"rows":[{"service":"other","host":"a\u001b]0;x\u0007","verdict":"\u001b[2J",
                                               "units":["\u009b31m\n"]}]})");
  EXPECT_THAT(text, HasSubstr(R"(a\x1b]0;x\x07)"));
  EXPECT_THAT(text, HasSubstr(R"(\x1b[2J)"));
  EXPECT_THAT(text, HasSubstr(R"(\xc2\x9b31m\x0a)"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

// Of a daemon of another version.
TEST(RenderStatus, MembersOfOtherTypesReadAsEmpty) {
  for (const char* document :
       {"{}", R"({"rows":7,"daemon":[]})", R"({"rows":[1,null,{"service":2,"units":"x","attempts":-1}]})",
        R"({"rows":[{"units":[1,{}],"families":[],"last_failure":"soon"}]})"})
    EXPECT_THAT(render(document), HasSubstr("ince the daemon started")) << document;
}

}  // namespace
}  // namespace egresswatch::cli
