// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "metrics_fixture.h"

namespace egresswatch::publish {
namespace {

using account::Ledger;
using testing::HasSubstr;

// Every metric with samples, hostile names among them.
std::string full_exposition() {
  Ledger ledger;
  for (const char* service : {"key_vault", "entra", "arm"}) ledger.add_service(service);
  for (const char* unit : {"sync.service", "x\"} 1\nforged 1", "\xff\xfe", "back\\slash", ""}) {
    const auto id = ledger.connection_series("key_vault", "a.vault.azure.net", unit);
    ledger.attempt(id);
    ledger.established(id, false, 12'000'000);
    ledger.succeeded(id, 1'790'000'000'000'000'000);
    ledger.opened(id);
    ledger.first_byte(id, 20'000'000);
    ledger.failed(id, Stage::data, Cause::reset, 1'790'000'001'000'000'000);
    ledger.traffic(id, {1, 2, 3, 4});
  }
  ledger.dns_answer("entra", "login.microsoftonline.com", 2, 5'000'000);
  ledger.dns_failure("entra", "login.microsoftonline.com", DnsCause::servfail);
  ledger.dns_answer("key_vault", "a.vault.azure.net", 0, 5'000'000);
  ledger.resolution("key_vault", "a.vault.azure.net", Resolution::private_endpoint);
  return render(ledger);
}

struct Finished {
  int status = -1;
  std::string output;  // standard output and error
};

Finished run_promtool(const std::string& text) {
  // ctest runs each test in a process of its own, several at a time
  const std::string file = testing::TempDir() + "egresswatch_exposition." + std::to_string(::getpid());
  std::ofstream(file) << text;
  Finished result;
  std::FILE* pipe = ::popen((std::string(PROMTOOL) + " check metrics < " + file + " 2>&1").c_str(), "r");
  for (int c = 0; pipe && (c = std::fgetc(pipe)) != EOF;) result.output += static_cast<char>(c);
  if (pipe) result.status = WEXITSTATUS(::pclose(pipe));
  std::remove(file.c_str());
  return result;
}

TEST(Exposition, PromtoolHasNothingToSay) {
  const Finished promtool = run_promtool(full_exposition());
  EXPECT_EQ(promtool.output, "");
  EXPECT_EQ(promtool.status, 0);
}

TEST(Exposition, PromtoolWouldHaveSeenAFault) {
  const Finished promtool = run_promtool(full_exposition() + "egresswatch_no_help 1\n");
  EXPECT_NE(promtool.output, "");
}

TEST(Exposition, TheReferenceExplainsEveryMetricAndNoOther) {
  std::ifstream file(METRICS_DOC);
  const std::string reference(std::istreambuf_iterator<char>(file), {});
  std::set<std::string> exported;
  for (const std::string& line : lines_of(full_exposition()))
    if (line.starts_with("# TYPE ")) exported.insert(line.substr(7, line.find(' ', 7) - 7));

  std::set<std::string> explained;
  for (const std::string& line : lines_of(reference))
    if (line.starts_with("| `")) explained.insert(line.substr(3, line.find('`', 3) - 3));
  EXPECT_THAT(explained, testing::ContainerEq(exported));
}

}  // namespace
}  // namespace egresswatch::publish
