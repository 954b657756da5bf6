// SPDX-License-Identifier: Apache-2.0
// The way of one connection from bytes to counters takes nothing from the heap once its names are known.
#include "harness/count_allocations.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using egresswatch::testing::g_allocations;

// One that keeps nothing, as the daemon's own does not.
class NoSink final : public publish::EventSink {
 public:
  void connection(const ConnectionReport& report) override { bytes += report.host.size(); }
  void dns(const DnsReport& report) override { bytes += report.question.size(); }
  void flow(const FlowReport&) override {}
  std::size_t bytes = 0;
};

class NoAllocationTest : public ::testing::Test {
 protected:
  NoAllocationTest() : pipeline_({.limits = {}, .dns = {}, .proc_root = {}}, {.classifier = compile()}, sink_) {}

  template <typename Record>
  void feed(const Record& record) {
    pipeline_.on_record(std::as_bytes(std::span(&record, 1)));
  }
  // `count` connections, at most 32 of them open at once.
  void connections(int count, const Socket& to) {
    for (int i = 0; i < count; ++i, now_ += kMs) {
      Socket socket = to;
      socket.id = ++last_socket_;
      feed(attempt(socket, now_));
      feed(established(socket, now_, kMs));
      feed(first_byte(socket, now_, now_ - kMs));
      if (last_socket_ <= 32) continue;
      socket.id -= 32;
      feed(closed(socket, now_, now_ - 32 * kMs, now_ - 31 * kMs));
      pipeline_.on_batch_end();
    }
  }
  void questions(int count) {
    for (int i = 0; i < count; ++i, now_ += kMs) {
      set_time(query_);
      set_time(answer_);
      pipeline_.on_record(query_);
      pipeline_.on_record(answer_);
    }
  }

  NoSink sink_;
  app::Pipeline pipeline_;

 private:
  void set_time(Bytes& record) const { std::memcpy(record.data() + offsetof(egw_header, time_ns), &now_, sizeof now_); }

  static constexpr std::string_view kVault = "fabrikam-with-a-long-name.vault.azure.net";
  std::uint64_t now_ = 1'000 * kSecond;
  std::uint64_t last_socket_ = 0;
  Bytes query_ = dns_record(0, DnsWireBuilder::query(kVault).bytes(), {});
  Bytes answer_ = dns_record(0,
                             DnsWireBuilder::answer(kVault)
                                 .cname(kVault, "data-prod-weu.vaultcore.azure.net")
                                 .address("data-prod-weu.vaultcore.azure.net", "203.0.113.1")
                                 .bytes(),
                             {.egress = false});
};

TEST_F(NoAllocationTest, ConnectionsToAKnownHost) {
  questions(1);
  connections(1000, {});
  const std::size_t before = g_allocations;
  connections(1000, {});
  EXPECT_EQ(g_allocations, before);
}

TEST_F(NoAllocationTest, ConnectionsToInstanceMetadata) {
  const Socket imds{.remote = "169.254.169.254", .port = 80};
  connections(1000, imds);
  const std::size_t before = g_allocations;
  connections(1000, imds);
  EXPECT_EQ(g_allocations, before);
}

TEST_F(NoAllocationTest, ConnectionsToStrangers) {
  connections(1000, {});
  const std::size_t before = g_allocations;
  connections(1000, {});
  EXPECT_EQ(g_allocations, before);
}

TEST_F(NoAllocationTest, ConnectionsToStrangersThatAreFlagged) {
  PolicyOptions flagging;
  flagging.mode = PolicyMode::flag;
  pipeline_.set_rules({compile(), std::make_shared<const classify::Policy>(flagging)});
  connections(1000, {});
  const std::size_t before = g_allocations;
  connections(1000, {});
  EXPECT_EQ(g_allocations, before);
}

TEST_F(NoAllocationTest, QuestionsAndAnswers) {
  questions(1000);
  const std::size_t before = g_allocations;
  questions(1000);
  EXPECT_EQ(g_allocations, before);
}

}  // namespace
}  // namespace egresswatch::test
