// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_helpers.h"

namespace egresswatch::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Config, AnEmptyTextGivesTheDefaults) {
  EXPECT_EQ(parsed(""), Config{});
  EXPECT_EQ(parsed("# nothing but a comment\n"), Config{});
  EXPECT_EQ(parsed("---\n...\n"), Config{});
  EXPECT_EQ(parsed("{}\n"), Config{});
}

TEST(Config, TheDefaultsAreThoseOfTheInterface) {
  const Config config;
  EXPECT_EQ(config.classify.cloud, Cloud::public_cloud);
  ASSERT_EQ(config.web.listen_addresses.size(), 1U);
  EXPECT_EQ(config.web.listen_addresses[0].to_string(), "127.0.0.1:10180");
}

TEST(Config, EveryKeyIsRead) {
  const Config config = parsed(R"(
cloud: usgov
web:
  listen_addresses: ["[::1]:9000", ":9001", "localhost:9002", "192.0.2.1:0"]
limits:
  sockets: 1
  names: 2
  dns_queries: 3
  units: 5
  series_per_metric: 6
  hosts_per_service: 1000000
capture:
  ring_bytes: 65536
dns:
  query_timeout: 250ms
  name_ttl_floor: 2h
log:
  level: warning
)");
  EXPECT_EQ(config.classify.cloud, Cloud::usgov);
  ASSERT_EQ(config.web.listen_addresses.size(), 4U);
  EXPECT_EQ(config.web.listen_addresses[0].to_string(), "[::1]:9000");
  EXPECT_EQ(config.web.listen_addresses[1].to_string(), "[::]:9001");
  EXPECT_EQ(config.web.listen_addresses[2].to_string(), "127.0.0.1:9002");
  EXPECT_EQ(config.web.listen_addresses[3].to_string(), "192.0.2.1:0");
  EXPECT_EQ(config.limits, (Limits{1, 2, 3, 5, 6, 1'000'000}));
  EXPECT_EQ(config.capture.ring_bytes, 65536U);
  EXPECT_EQ(config.dns.query_timeout, milliseconds(250));
  EXPECT_EQ(config.dns.name_ttl_floor, hours(2));
  EXPECT_EQ(config.log.level, log::Level::warning);
  EXPECT_EQ(parsed("policy: {file: /etc/p.yaml}").policy.file, "/etc/p.yaml");
  EXPECT_EQ(problems_of("policy: {file: p.yaml}"),
            "egresswatch.yaml:1: policy.file: expected an absolute path of at most 4000 bytes, or \"\" for none, found "
            "\"p.yaml\"");
}

TEST(Config, ASectionWithoutValuesChangesNothing) {
  EXPECT_EQ(parsed("limits:\nweb:\n  listen_addresses:\nservices:\nhosts:\n  entra:\n"), Config{});
}

TEST(Config, AProblemNamesFileLineKeyAndWhatIsExpected) {
  EXPECT_EQ(problems_of("\n\nlimits:\n  sockets: many\n"),
            "egresswatch.yaml:4: limits.sockets: expected a whole number from 1 to 1000000, found \"many\"");
  EXPECT_EQ(problems_of("cloud: global"),
            "egresswatch.yaml:1: cloud: expected one of public, china, usgov, found \"global\"");
  EXPECT_EQ(problems_of("log:\n  level:\ncloud: china\n"),
            "egresswatch.yaml:2: log.level: expected one of debug, info, warning, error, found nothing");
  EXPECT_EQ(
      problems_of("dns: {query_timeout: 5}"),
      "egresswatch.yaml:1: dns.query_timeout: expected a duration from 100ms to 1m, such as 250ms or 5s, found \"5\"");
  EXPECT_EQ(problems_of("limits: 5"), "egresswatch.yaml:1: limits: expected a mapping of keys to values, found \"5\"");
  EXPECT_EQ(problems_of("web:\n  listen_addresses:\n  - 127.0.0.1\n"),
            "egresswatch.yaml:3: web.listen_addresses[0]: expected an address and port such as 127.0.0.1:10180, "
            "[::1]:10180 or :10180, found \"127.0.0.1\"");
  EXPECT_EQ(problems_of("just text"), "egresswatch.yaml:1: expected a mapping of keys to values, found \"just text\"");
}

TEST(Config, AllProblemsAreReportedInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of("log:\n  level: loud\nlimits:\n  units: 0\n  names: -1\ncloud: [public]\n"),
            "egresswatch.yaml:2: log.level: expected one of debug, info, warning, error, found \"loud\"\n"
            "egresswatch.yaml:4: limits.units: expected a whole number from 1 to 1000000, found \"0\"\n"
            "egresswatch.yaml:5: limits.names: expected a whole number from 1 to 1000000, found \"-1\"\n"
            "egresswatch.yaml:6: cloud: expected one of public, china, usgov, found a list");
}

TEST(Config, AnUnknownKeyIsAProblemAndTheNearestOneIsNamed) {
  EXPECT_EQ(problems_of("limits:\n  socket: 5\n"),
            "egresswatch.yaml:2: limits.socket: unknown key, did you mean sockets?");
  EXPECT_EQ(problems_of("clod: public"), "egresswatch.yaml:1: clod: unknown key, did you mean cloud?");
  EXPECT_EQ(problems_of("log: {level: info, file: /var/log/x}"),
            "egresswatch.yaml:1: log.file: unknown key, expected one of level");
  EXPECT_EQ(problems_of("\"a\\x01b\": 1\n"),
            "egresswatch.yaml:1: \"a\\x01b\": unknown key, expected one of cloud, hosts, vaults, services, "
            "service_tags, web, control, "
            "limits, capture, dns, diagnose, policy, history, events, log");
}

TEST(Config, Events) {
  EXPECT_EQ(parsed("").events.file, "");
  const Events events = parsed("events: {file: /var/log/egresswatch/events.json, format: ocsf}").events;
  EXPECT_EQ(events.file, "/var/log/egresswatch/events.json");
  EXPECT_EQ(events.format, EventFormat::ocsf);
  EXPECT_EQ(problems_of("events: {file: events.json}"),
            "egresswatch.yaml:1: events.file: expected an absolute path of at most 4000 bytes, or \"\" for none, found "
            "\"events.json\"");
  EXPECT_EQ(problems_of("events: {format: xml}"),
            "egresswatch.yaml:1: events.format: expected one of json, ocsf, found \"xml\"");
}

TEST(Config, TheControlSocketIsAnAbsolutePathOrNone) {
  EXPECT_EQ(parsed("control: {socket: /run/x/y.sock}").control.socket, "/run/x/y.sock");
  EXPECT_EQ(parsed("control: {socket: \"\"}").control.socket, "");
  EXPECT_EQ(parsed("control: {socket: /" + std::string(106, 'x') + "}").control.socket.size(), 107U);
  for (const std::string& refused : {std::string("y.sock"), "/" + std::string(107, 'x'), std::string("\"/a\\0b\"")})
    EXPECT_THAT(problems_of("control:\n  socket: " + refused + "\n"),
                HasSubstr("egresswatch.yaml:2: control.socket: expected an absolute path of at most 107 bytes, or"))
        << refused;
}

TEST(Config, ServiceTagFilesAreAbsolutePathsOrNone) {
  const ServiceTagFiles files = parsed("service_tags: {file: /a/tags.json, microsoft365: /b/feed.json}").service_tags;
  EXPECT_EQ(files.file, "/a/tags.json");
  EXPECT_EQ(files.microsoft365, "/b/feed.json");
  EXPECT_EQ(parsed("service_tags: {file: \"\"}").service_tags, ServiceTagFiles{});
  EXPECT_EQ(parsed("service_tags:\n").service_tags, ServiceTagFiles{});
  for (const char* refused : {"tags.json", "\"/a\\0b\"", "~", "[/a]"})
    EXPECT_THAT(
        problems_of(std::string("service_tags:\n  file: ") + refused + "\n"),
        HasSubstr(
            "egresswatch.yaml:2: service_tags.file: expected an absolute path of at most 4000 bytes, or \"\" for none"))
        << refused;
  EXPECT_THAT(problems_of("service_tags: {url: x}"), HasSubstr("service_tags.url: unknown key"));
}

TEST(Config, AKeyGivenTwiceIsAProblem) {
  EXPECT_EQ(problems_of("limits:\n  names: 5\n  names: 6\n"),
            "egresswatch.yaml:3: limits.names: given twice, first in line 2");
}

TEST(Config, NumbersAreWholeAndInRange) {
  for (const char* text : {"0", "1000001", "1e3", "0x10", "1.5", "+5", "99999999999999999999999", "\"\"", "[1]", "~"})
    EXPECT_THAT(problems_of(std::string("limits: {sockets: ") + text + "}"), HasSubstr("a whole number from 1 to"))
        << text;
}

TEST(Config, TheRingIsAPowerOfTwoWithinItsRange) {
  EXPECT_EQ(parsed("capture: {ring_bytes: 67108864}").capture.ring_bytes, 67108864U);
  EXPECT_THAT(problems_of("capture: {ring_bytes: 100000}"), HasSubstr("expected a power of two, found \"100000\""));
  EXPECT_THAT(problems_of("capture: {ring_bytes: 32768}"), HasSubstr("from 65536 to 67108864"));
  EXPECT_THAT(problems_of("capture: {ring_bytes: 134217728}"), HasSubstr("from 65536 to 67108864"));
}

TEST(Config, DurationsNeedAUnitAndStayInRange) {
  EXPECT_EQ(parsed("dns: {query_timeout: 1m}").dns.query_timeout, seconds(60));
  EXPECT_EQ(parsed("dns: {name_ttl_floor: 0s}").dns.name_ttl_floor, seconds(0));
  for (const char* text : {"5", "5 s", "99ms", "61s", "2m", "-1s", "s", "5sec", "18446744073709551615h", "~", "[5s]"})
    EXPECT_THAT(problems_of(std::string("dns: {query_timeout: ") + text + "}"),
                HasSubstr("a duration from 100ms to 1m"))
        << text;
}

TEST(Config, ListenAddressesAreCheckedOneByOne) {
  for (const char* text : {"", ":", "10180", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x", "::1:80",
                           "[127.0.0.1]:80", "[]:80", "[::1:80", "example.com:80", "[fe80::1%eth0]:80"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
  EXPECT_THAT(problems_of("web: {listen_addresses: []}"), HasSubstr("web.listen_addresses: expected at least one"));
  EXPECT_THAT(problems_of("web: {listen_addresses: 127.0.0.1:80}"),
              HasSubstr("expected a list, found \"127.0.0.1:80\""));
  EXPECT_THAT(problems_of("web: {listen_addresses: [{a: b}]}"),
              HasSubstr("web.listen_addresses[0]: expected an address"));
}

}  // namespace
}  // namespace egresswatch::config
