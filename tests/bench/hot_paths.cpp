// SPDX-License-Identifier: Apache-2.0
// What runs for every event, question, connection and scrape, on inputs that never change, for
// `tests/bench/instructions`: under callgrind only what is inside of count() is counted. Prints compiler and C library
// in the first line, as what they generate is part of the counts, then "name<tab>operations" for each path; callgrind's
// parts have the same names.
#include <gnu/libc-version.h>
#include <valgrind/callgrind.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "account/ledger.h"
#include "app/pipeline.h"
#include "bench/classify_inputs.h"
#include "bench/dns_answers.h"
#include "bench/hellos.h"
#include "bench/recorded_round.h"
#include "decode/client_hello.h"
#include "decode/dns.h"
#include "publish/metrics.h"

// Hashes are keyed with random numbers, and with them goes the number of steps of a lookup. base/keyed_hash.cpp has
// constants for a kernel that gives none.
extern "C" ssize_t getrandom(void* /*buffer*/, std::size_t /*length*/, unsigned /*flags*/) {
  errno = ENOSYS;
  return -1;
}

namespace egresswatch::bench {
namespace {

volatile std::size_t g_sink;

// `work` does one path so many times and returns something that depends on it.
template <typename Work>
void count(const char* name, std::size_t operations, Work work) {
  CALLGRIND_START_INSTRUMENTATION;
  g_sink = work();
  CALLGRIND_STOP_INSTRUMENTATION;
  CALLGRIND_DUMP_STATS_AT(name);
  std::printf("%s\t%zu\n", name, operations);
}

class NoLines final : public publish::EventSink {
 public:
  void connection(const ConnectionReport& /*report*/) override {}
  void dns(const DnsReport& /*report*/) override {}
  void flow(const FlowReport& /*report*/) override {}
};

std::shared_ptr<const classify::Classifier> classifier(const ClassifyOptions& options) {
  return std::make_shared<const classify::Classifier>(must(classify::Classifier::compile(builtin_catalog(), options)));
}

void feed(app::Pipeline& pipeline, std::vector<Record>& round, std::uint64_t time_step) {
  for (Record& record : round) {
    pipeline.on_record(record.bytes);
    record.advance(time_step);
  }
  pipeline.on_batch_end();
  pipeline.tick(pipeline.newest_ns() + time_step / 2);
}

// As `egresswatch replay` does it, in the steady state: tables have grown and every series exists.
void replay(const std::string& recording) {
  constexpr std::size_t kRoundsBefore = 20;
  constexpr std::size_t kRounds = 100;
  egw_recording start;
  std::vector<Record> round = read_recording(recording, start);
  const std::uint64_t step = time_step(round);
  NoLines no_lines;
  app::Pipeline::Options options;
  options.proc_root.clear();
  app::Pipeline pipeline(options, {classifier({})}, no_lines);
  pipeline.set_wall_offset(start.wall_offset_ns);
  for (std::size_t i = 0; i < kRoundsBefore; ++i) feed(pipeline, round, step);
  count("replay of a recording, per event", kRounds * round.size(), [&] {
    for (std::size_t i = 0; i < kRounds; ++i) feed(pipeline, round, step);
    return pipeline.newest_ns();
  });
  for (const std::uint64_t refused : pipeline.refused_records())
    if (refused != 0) fail(recording + ": records were refused");
}

void parse_answers(const char* name, const std::vector<testing::WireBytes>& answers) {
  constexpr std::size_t kParses = 6400;
  DnsMessage message;
  count(name, kParses, [&] {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kParses; ++i) {
      if (decode::parse_dns(answers[i % answers.size()], message) != decode::DnsError::none) fail(name);
      sum += message.address_count;
    }
    return sum;
  });
}

void parse_hello(const char* name, const testing::HelloBytes& bytes) {
  constexpr std::size_t kParses = 5000;
  count(name, kParses, [&] {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kParses; ++i) {
      decode::HelloText text;
      ClientHello hello;
      if (decode::parse_client_hello(bytes, text, hello) != decode::HelloStatus::complete) fail(name);
      sum += hello.server_name.size();
    }
    return sum;
  });
}

void classify_names(const char* name, const classify::Classifier& rules, const std::vector<std::string>& hosts) {
  count(name, hosts.size(), [&] {
    std::size_t sum = 0;
    for (const std::string& host : hosts) sum += rules.by_name(host, 443).service;
    return sum;
  });
}

std::vector<IpAddress> random_addresses() {
  std::mt19937 random(3);
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < kKeys; ++i) addresses.push_back(random_address(random));
  return addresses;
}

void classify_all() {
  const auto vaults =
      names([](std::size_t i) { return "Contoso-payments-" + std::to_string(i % 1000) + ".vault.azure.net"; });
  const auto wildcards = names([](std::size_t i) { return "www." + domain(i % kPatterns / 2 * 2); });
  const auto strangers = names([](std::size_t i) { return "api" + std::to_string(i % 1000) + ".shop.example.com"; });
  const auto many = classifier(many_patterns());
  classify_names("name among 10,000 patterns, vaults", *many, vaults);
  classify_names("name among 10,000 patterns, wildcards", *many, wildcards);
  classify_names("name among 10,000 patterns, unknown", *many, strangers);

  const auto addresses = random_addresses();
  const auto prefixes = classifier(many_prefixes());
  count("address among 100,000 prefixes", addresses.size(), [&] {
    std::size_t sum = 0;
    for (const IpAddress& address : addresses) sum += prefixes->by_address(address, 443).service;
    return sum;
  });

  const classify::Policy policy = large_policy();
  count("connection held against a large policy", addresses.size(), [&] {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const auto section = policy.section_of({.unit = "unit-7.service", .process = "java"});
      const auto verdict = policy.judge(section, {.host = wildcards[i], .address = &addresses[i], .port = 443});
      sum += static_cast<std::size_t>(verdict.reason);
    }
    return sum;
  });
}

// What /metrics takes, with 1,000 vaults of 10 units: series of attempts, connections and traffic.
void scrape() {
  account::Ledger ledger({.series_per_metric = 20'000, .hosts_per_service = 2'000});
  ledger.add_service("key_vault");
  for (int i = 0; i < 1000; ++i) {
    const auto series = ledger.connection_series("key_vault", "contoso-" + std::to_string(i) + ".vault.azure.net",
                                                 "unit-" + std::to_string(i % 10) + ".service");
    ledger.attempt(series);
    ledger.established(series, false, 1'000'000);
    ledger.traffic(series, {.sent_bytes = 100, .received_bytes = 200});
  }
  publish::Metrics metrics([&] { return ledger.snapshot(); }, [] { return publish::SelfMetrics{}; });
  std::size_t samples = 0;
  for (const char c : metrics.render()) samples += static_cast<std::size_t>(c == '\n');
  count("scrape, per line", samples, [&] { return metrics.render().size(); });
}

void count_all(const char* recording) {
  replay(recording);
  parse_answers("DNS answer of 229 bytes", {private_link_answer()});
  parse_answers("DNS answers of 64 shapes", mixed_answers());
  parse_hello("ClientHello of 517 bytes", hello_of(517, false));
  parse_hello("ClientHello of 1,700 bytes", hello_of(1700, true));
  classify_all();
  scrape();
}

}  // namespace
}  // namespace egresswatch::bench

int main(int argc, char** argv) {
  if (argc != 2) egresswatch::bench::fail("bench_hot_paths needs the path of a recording");
  std::printf("%s, compiler %s, glibc %s\n", EGRESSWATCH_ARCHITECTURE, __VERSION__, ::gnu_get_libc_version());
  // String functions take other ways by where in a page their text lies, and how far down the stack begins depends on
  // arguments and environment: from here on it is at the same place of a page.
  constexpr std::uintptr_t kPage = 4096;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  auto* const padding = static_cast<volatile char*>(__builtin_alloca(here % kPage + 16));
  padding[0] = 0;
  egresswatch::bench::count_all(argv[1]);
  return 0;
}
