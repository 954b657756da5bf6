// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/render.h"

namespace egresswatch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string render(std::string_view document, bool colour = false) {
  return render_explain(boost::json::parse({document.data(), document.size()}).as_object(), colour);
}

constexpr std::string_view kFailing = R"({"version":1,"target":"a.vault.azure.net","now":"2026-09-21T14:30:00.000000Z",
  "data_complete":true,"seen":true,"verdict":"failed","message":"a.vault.azure.net fails: connect/no_reply",
  "service":"key_vault","function":"vault_operations","rule":"*.vault.azure.net",
  "host_resolution":{"kind":"private_endpoint","message":"a private endpoint, and its private address"},
  "dns":[{"question":"a.vault.azure.net","type":"A","time":"2026-09-21T14:29:40.000000Z","age_s":20,"rcode":"NOERROR",
          "chain":["a.privatelink.vaultcore.azure.net"],
          "addresses":[{"address":"10.1.2.3","private":true,"ttl_s":10}],"address_count":1,
          "unit":"sync.service","process":"node","pid":4711,"resolver":"127.0.0.53:53","message":"A NOERROR in 3.2 ms"}],
  "pending":[],"pending_count":0,
  "failures":[{"type":"connection","time":"2026-09-21T14:29:00.000000Z","verdict":"failed","unit":"sync.service",
               "process":"node","pid":4711,"remote":"10.1.2.3:443","stage":"connect","cause":"no_reply",
               "evidence":{"syn_times_ms":[1024,3072],"rst_received":true,"icmp":{"origin":"icmp","type":3,"code":13},
                           "idle_ns":1500000,"drop_reason":"X\u001b"},
               "message":"no answer to 3 SYNs"}],
  "last_success":{"time":"2026-09-21T12:30:00.000000Z","unit":"sync.service","remote":"10.1.2.3:443",
                  "connect_latency_ns":12400000},
  "holds_up":["b.vault.azure.net"],"waits_for":["crl3.digicert.com"]})";

TEST(RenderExplain, TheWholeStory) {
  EXPECT_EQ(render(kFailing),
            "a.vault.azure.net fails: connect/no_reply\n"
            "\n"
            "WHAT IT IS\n"
            "  service     key_vault, for vault_operations, by the rule *.vault.azure.net\n"
            "  resolution  a private endpoint, and its private address (private_endpoint)\n"
            "\n"
            "WHAT THE DNS SAID, the newest first\n"
            "  a.vault.azure.net A, 20 s ago, from 127.0.0.53:53 for sync.service (node[4711])\n"
            "      A NOERROR in 3.2 ms\n"
            "      -> a.privatelink.vaultcore.azure.net\n"
            "      10.1.2.3, private, TTL 10 s\n"
            "\n"
            "FAILURES, the newest first\n"
            "  60 s ago  10.1.2.3:443 for sync.service (node[4711])\n"
            "      connect/no_reply: no answer to 3 SYNs\n"
            "      seen: syn_times_ms=1024,3072; rst_received; icmp=icmp type 3 code 13; idle=1.5 ms; "
            "drop_reason=X\\x1b\n"
            "\n"
            "LAST SUCCESS\n"
            "  2 h ago  10.1.2.3:443 for sync.service, connected in 12.4 ms\n"
            "\n"
            "CAUSE AND EFFECT\n"
            "  TLS connections wait for it: b.vault.azure.net\n"
            "  it waits for the revocation check at crl3.digicert.com\n");
}

TEST(RenderExplain, TheVerdictIsColouredAndTitlesAreBold) {
  const std::string text = render(kFailing, true);
  EXPECT_THAT(text, StartsWith("\033[1;31ma.vault.azure.net fails: connect/no_reply\033[0m\n"));
  EXPECT_THAT(text, HasSubstr("\n\033[1mWHAT IT IS\033[0m\n"));
}

TEST(RenderExplain, ATargetThatWasNeverSeen) {
  EXPECT_EQ(
      render(R"({"seen":false,"verdict":"never_seen","message":"x was not seen","data_complete":true,
                       "service":"other","dns":[],"pending":[],"failures":[],"holds_up":[],"waits_for":[]})"),
      "x was not seen\n\nWHAT IT IS\n  service     other: no rule of the catalog or the configuration names it\n");
}

TEST(RenderExplain, AnAddress) {
  const std::string text = render(R"({"verdict":"ok","message":"works","data_complete":true,"service":"imds",
      "rule":"169.254.169.254","port_decides":true,"private":true,
      "names":[{"name":"metadata","source":"dns_host","age_s":7200,"ambiguous":true}],
      "pending":[{"verdict":"pending","time":"2026-09-21T14:30:00Z","remote":"169.254.169.254:80","stage":"data","cause":"timeout","message":"waits"}],"pending_count":4})");
  EXPECT_THAT(text, HasSubstr("  service     imds, by the rule 169.254.169.254, on its ports only\n"
                              "  address     private\n"
                              "  name        metadata, from dns_host, 2 h ago; others share this address\n"));
  EXPECT_THAT(text, HasSubstr("WAITING NOW\n  169.254.169.254:80\n      data/timeout: waits\n  and 3 more\n"));
}

TEST(RenderExplain, LossesAreTold) {
  EXPECT_THAT(render(R"({"data_complete":false})"), HasSubstr("Events were lost: this may be out of date"));
}

TEST(RenderExplain, ControlBytesOfNamesAreEscaped) {
  const std::string text = render(R"({"message":"\u001b[31m","rule":"\u0007","dns":[{"chain":["\u001b"]}],
      "failures":[{"evidence":{"\u001b":"\u001b"}}],"holds_up":["\u001b"]})");
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(text, Not(HasSubstr("\a")));
}

TEST(RenderExplain, MembersOfOtherTypesReadAsEmpty) {
  for (const char* document :
       {"{}", R"({"dns":[1,{"chain":[1],"addresses":[1]}],"names":[2],"failures":[[]],"private":1})",
        R"({"pending":[{"evidence":{"a":null,"b":[[],1.5],"c":{},"d_ns":-5}}],"holds_up":[{}]})"})
    EXPECT_THAT(render(document), HasSubstr("WHAT IT IS")) << document;
}

}  // namespace
}  // namespace egresswatch::cli
