// SPDX-License-Identifier: Apache-2.0
// What a scrape costs with 10,000 and 100,000 series: reading the ledger, our text, and, of the same rows in the same
// process, prometheus-cpp's serializer; gzip apart. Best of the rounds. Fails if the two texts differ.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "account/ledger.h"
#include "publish/content_coding.h"
#include "publish/ledger_text.h"
#include "publish/metrics.h"
#include "unit/publish/ledger_families.h"

namespace {

using egresswatch::Cause;
using egresswatch::DnsCause;
using egresswatch::Resolution;
using egresswatch::Stage;
using egresswatch::account::Ledger;
using egresswatch::account::Snapshot;

constexpr int kRounds = 300;
constexpr int kSlowRounds = 10;
constexpr std::uint64_t kNow = 1'790'000'000'123'456'789;

// Hosts of key_vault that three units each use, one of them without success, with everything that a row can have: 16
// series a host.
void fill(Ledger& ledger, std::uint32_t series) {
  ledger.add_service("key_vault");
  for (std::uint32_t i = 0; i < series / 16; ++i) {
    const std::string host = "vault-of-team-" + std::to_string(i) + ".vault.azure.net";
    ledger.dns_answer("key_vault", host, 0, 5'000'000);
    ledger.resolution("key_vault", host, Resolution::private_endpoint);
    for (const char* unit : {"payroll-sync.service", "backup@nightly.service", "nginx.service"}) {
      const auto id = ledger.connection_series("key_vault", host, unit);
      for (std::uint32_t more = 0; more <= i % 1'000; ++more) ledger.attempt(id);
      ledger.established(id, false, 12'000'000);
      ledger.succeeded(id, kNow + i * 1'000'003ULL);
      ledger.opened(id);
      ledger.traffic(id, {1'234 * (i + 1ULL), 56'789'123 * (i + 1ULL), i % 7, i % 3});
    }
    const auto id = ledger.connection_series("key_vault", host, "nginx.service");
    ledger.failed(id, Stage::connect, Cause::no_reply, kNow + i * 2'000'003ULL);
    ledger.failed(id, Stage::data, Cause::reset, kNow + i * 2'000'003ULL);
  }
}

template <typename Work>
double best_ms(int rounds, Work work) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const auto end = std::chrono::steady_clock::now();
    best = std::min(best, std::chrono::duration<double, std::milli>(end - begin).count());
  }
  return best;
}

void print(std::uint32_t series, const char* what, double ms) {
  std::printf("%u series: %-24s %9.3f ms\n", series, what, ms);
}

bool measure(std::uint32_t series) {
  Ledger ledger({.series_per_metric = series, .hosts_per_service = series});
  fill(ledger, series);
  egresswatch::publish::Metrics metrics([&] { return ledger.snapshot(); },
                                        [] { return egresswatch::publish::SelfMetrics{}; });
  // freed as soon as it is sent
  print(series, "scrape", best_ms(kRounds, [&] { (void)metrics.render(); }));
  const std::string text = metrics.render();

  Snapshot rows;
  print(series, "reading the ledger", best_ms(kRounds, [&] { rows = ledger.snapshot(); }));
  std::string ours;
  egresswatch::publish::LedgerText ledger_text;
  print(series, "writing its text", best_ms(kRounds, [&] {
          egresswatch::publish::TextWriter writer(ours.size());
          ledger_text.write(rows, writer);
          ours = std::move(writer).take();
        }));
  std::string theirs;
  const prometheus::TextSerializer serializer;
  print(series, "prometheus-cpp", best_ms(kSlowRounds, [&] {
          theirs = serializer.Serialize(egresswatch::publish::ledger_families(ledger.snapshot()));
        }));
  std::size_t small = 0;
  print(series, "gzip", best_ms(kSlowRounds, [&] { small = egresswatch::publish::gzip(text)->size(); }));
  const auto lines = std::count(text.begin(), text.end(), '\n');
  std::printf("%u series: %zu bytes in %ld lines, %zu compressed\n", series, text.size(), static_cast<long>(lines),
              small);
  return ours == theirs;
}

}  // namespace

int main() {
  for (const std::uint32_t series : {10'000U, 100'000U}) {
    if (!measure(series)) {
      std::fprintf(stderr, "bench_scrape: prometheus-cpp writes something else\n");
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}
