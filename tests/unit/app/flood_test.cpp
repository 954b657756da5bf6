// SPDX-License-Identifier: Apache-2.0
// One unit that connects to a million strangers: what it may cost, and what it may not change.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "app/history_sink.h"
#include "publish/metrics.h"
#include "publish/recent_outcomes.h"
#include "unit/app/pipeline_fixture.h"
#include "unit/app/temporary_file.h"
#include "unit/correlate/allocations.h"

namespace egresswatch::test {
namespace {

// Far beyond every bound; sanitizers make the real million take minutes.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint32_t kFlood = 100'000;
#else
constexpr std::uint32_t kFlood = 1'000'000;
#endif
constexpr std::uint64_t kScannerCgroup = 77;
constexpr std::uint64_t kPayrollCgroup = 78;

class NoSink final : public publish::EventSink {
 public:
  void connection(const ConnectionReport&) override {}
  void dns(const DnsReport&) override {}
  void flow(const FlowReport&) override {}
};

class FloodTest : public ::testing::Test {
 protected:
  FloodTest() {
    history_.open({.path = file_.path() + ".db"}, now_);
    PolicyOptions flagging;
    flagging.mode = PolicyMode::flag;
    pipeline_.set_rules({compile(), std::make_shared<const classify::Policy>(flagging)});
  }

  template <typename Record>
  void feed(const Record& record) {
    pipeline_.on_record(std::as_bytes(std::span(&record, 1)));
  }

  // One question, its answer, and a connection to the address from its first to its last record.
  void use(const std::string& name, std::uint32_t number, std::uint64_t cgroup, std::uint32_t pid) {
    now_ += 100'000;
    const std::string address =
        IpAddress::v4(64 + static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
                      static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number))
            .to_string();
    const std::string_view comm = pid == 1 ? "scanner" : "payroll";
    pipeline_.on_record(dns_record(now_, DnsWireBuilder::query(name).bytes(),
                                   {.egress = true, .pid = pid, .comm = comm, .cgroup_id = cgroup}));
    pipeline_.on_record(dns_record(now_, DnsWireBuilder::answer(name).address(name, address).bytes(),
                                   {.egress = false, .pid = pid, .comm = comm, .cgroup_id = cgroup}));
    const Socket socket{.id = ++last_socket_, .remote = address, .pid = pid, .comm = comm};
    auto began = attempt(socket, now_);
    began.process.cgroup_id = cgroup;
    feed(began);
    feed(established(socket, now_ + 1'000, 1'000));
    feed(closed(socket, now_ + 2'000, now_, now_ + 1'000));
  }

  TemporaryFile file_{""};
  NoSink none_;
  publish::RecentOutcomes recent_{none_};
  app::HistorySink history_{recent_};
  app::Pipeline pipeline_{{.limits = {}, .dns = {}, .proc_root = {}}, {.classifier = compile()}, history_};
  publish::Metrics metrics_{[this] { return pipeline_.ledger().snapshot(); }, [] { return publish::SelfMetrics{}; }};
  std::uint64_t now_ = 1'000 * kSecond;
  std::uint64_t last_socket_ = 0;
};

TEST_F(FloodTest, AMillionStrangersChangeNothingButOther) {
  use("payroll.vault.azure.net", 1, kPayrollCgroup, 2);
  const std::size_t before = allocated_bytes();
  std::size_t most = before;
  for (std::uint32_t i = 0; i < kFlood; ++i) {
    use("name-" + std::to_string(i) + ".strangers.example", 1'000 + i, kScannerCgroup, 1);
    if (i % 20'000 != 0) continue;
    pipeline_.tick(now_);
    history_.tick(now_);
    (void)metrics_.render();
    most = std::max(most, allocated_bytes());
  }
  RecordProperty("bytes", static_cast<int>(most - before));
  std::printf("%u strangers take %zu bytes\n", kFlood, most - before);
  EXPECT_LT(most - before, 16'000'000U);

  const account::Ledger& ledger = pipeline_.ledger();
  EXPECT_EQ(account::attempts(ledger, "other", "other", "scanner"), kFlood);
  EXPECT_EQ(account::attempts(ledger, "key_vault", "payroll.vault.azure.net", "payroll"), 1U);
  const account::Snapshot snapshot = ledger.snapshot();
  EXPECT_LT(snapshot.connections.size(), 20U);
  std::uint64_t unexpected = 0;
  for (const auto& row : snapshot.unexpected) unexpected += row.count;
  EXPECT_EQ(unexpected, kFlood + 1U);
  EXPECT_LT(snapshot.unexpected.size(), 20U);
  EXPECT_EQ(pipeline_.names().size(), pipeline_.names().capacity() / 4 + 1);

  // the name of another unit is still known
  use("payroll.vault.azure.net", 1, kPayrollCgroup, 2);
  EXPECT_EQ(account::attempts(ledger, "key_vault", "payroll.vault.azure.net", "payroll"), 2U);
}

TEST_F(FloodTest, AMillionVaultsFillTheirShareAndAreCounted) {
  use("payroll.vault.azure.net", 1, kPayrollCgroup, 2);
  const std::size_t before = allocated_bytes();
  constexpr std::uint32_t kVaults = 100'000;
  for (std::uint32_t i = 0; i < kVaults; ++i)
    use("v" + std::to_string(i) + ".vault.azure.net", 1'000 + i, kScannerCgroup, 1);
  (void)metrics_.render();
  EXPECT_LT(allocated_bytes() - before, 16'000'000U);
  const account::Snapshot snapshot = pipeline_.ledger().snapshot();
  std::uint64_t attempts = 0;
  std::size_t hosts = 0;
  for (const auto& row : snapshot.connections) {
    if (row.service != "key_vault") continue;
    attempts += row.attempts;
    ++hosts;
  }
  EXPECT_EQ(attempts, kVaults + 1U) << "sums stay exact";
  EXPECT_LE(hosts, 203U);
  EXPECT_EQ(account::attempts(pipeline_.ledger(), "key_vault", "payroll.vault.azure.net", "payroll"), 1U);
  EXPECT_GT(snapshot.overflow.connections, kVaults - 201U);
}

}  // namespace
}  // namespace egresswatch::test
