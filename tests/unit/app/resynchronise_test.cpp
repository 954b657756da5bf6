// SPDX-License-Identifier: Apache-2.0
// Sockets that exist at start, and what is made of the open sockets after records were lost.
#include <cerrno>
#include <functional>
#include <vector>

#include "capture/source.h"
#include "unit/app/pipeline_fixture.h"
#include "unit/correlate/proc_tree.h"

namespace egresswatch::test {
namespace {

// Hands over the sockets that are open "now", as iter/tcp does, and what came into the ring meanwhile.
class FakeSource final : public capture::Source {
 public:
  Result<> start(capture::RecordHandler& handler) override {
    handler_ = &handler;
    return {};
  }
  void stop() override {}
  void poll() override {
    if (in_ring) in_ring();
    in_ring = nullptr;
  }
  egw_totals totals() const override { return {}; }
  const std::vector<capture::Probe>& probes() const override { return probes_; }
  bool resynchronise() override {
    if (!can_iterate) return false;
    for (const egw_tcp_existing& socket : open) handler_->on_record(std::as_bytes(std::span(&socket, 1)));
    handler_->on_batch_end();
    return true;
  }

  std::vector<egw_tcp_existing> open;
  std::function<void()> in_ring;
  bool can_iterate = true;

 private:
  capture::RecordHandler* handler_ = nullptr;
  std::vector<capture::Probe> probes_;
};

class ResynchroniseTest : public PipelineTest {
 protected:
  ResynchroniseTest() { resolve(kVault, {"203.0.113.1"}); }

  bool resynchronise() {
    (void)source_.start(pipeline());
    return pipeline().resynchronise(source_);
  }
  void found_at_start(const Socket& socket, std::uint8_t state = kEstablished) {
    feed(existing(socket, now_, state));
    pipeline().on_batch_end();
  }
  std::uint64_t timed_handshakes() {
    std::uint64_t sum = 0;
    for (const auto& row : snapshot().durations) sum += row.connect_ipv4->count() + row.connect_ipv6->count();
    return sum;
  }

  FakeSource source_;
};

TEST_F(ResynchroniseTest, ExistingConnectionOpensTheGaugeWithoutAnAttempt) {
  found_at_start({});
  EXPECT_EQ(totals(), (Totals{.open = 1}));
  EXPECT_EQ(open_connections("key_vault", kVault), 1U);
  EXPECT_TRUE(sink_.connections().empty());
}

TEST_F(ResynchroniseTest, EndOfAnExistingConnectionClosesTheGauge) {
  found_at_start({});
  auto end = closed({}, now_ + kSecond, 0, 0);
  end.flags = EGW_CLOSED_EXISTED_AT_START;
  end.bytes_received = 77;
  feed(end);
  EXPECT_EQ(totals(), Totals{});
  const account::Snapshot now = snapshot();
  EXPECT_EQ(account::find_traffic(now, "key_vault", kVault)->received_bytes, 77U);
  EXPECT_EQ(last_connection().verdict, Verdict::closed);
  EXPECT_EQ(last_connection().duration_ns, 0U);
}

TEST_F(ResynchroniseTest, ResetOfAnExistingConnectionIsAFailureWithoutAnAttempt) {
  found_at_start({});
  auto end = closed({}, now_ + kSecond, 0, 0);
  end.flags = EGW_CLOSED_EXISTED_AT_START | EGW_CLOSED_RST_RECEIVED;
  end.old_state = kEstablished;
  end.error = ECONNRESET;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.failed = 1}));
}

TEST_F(ResynchroniseTest, AttemptUnderWayAtStartIsCountedWithItsSuccess) {
  found_at_start({}, kSynSent);
  EXPECT_EQ(totals(), Totals{});
  establish({}, 0);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
  EXPECT_EQ(timed_handshakes(), 0U);  // nobody knows when it began
}

TEST_F(ResynchroniseTest, AttemptUnderWayAtStartIsCountedWithItsFailure) {
  found_at_start({}, kSynSent);
  auto end = gave_up({}, now_, 0, ETIMEDOUT);
  end.flags = EGW_CLOSED_EXISTED_AT_START;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .failed = 1}));
}

// Attach first, then iterate: the ring may hold the records of a socket that was found.
TEST_F(ResynchroniseTest, SocketFoundBeforeItsOwnRecordsIsCountedOnce) {
  found_at_start({});
  open({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
  found_at_start({.id = 2}, kSynSent);
  connect({.id = 2});
  fail({.id = 2}, ECONNREFUSED);
  EXPECT_EQ(totals(), (Totals{.attempts = 2, .established = 1, .failed = 1, .open = 1}));
}

TEST_F(ResynchroniseTest, OwnerComesFromProc) {
  const ProcTree tree;
  tree.add_process(321, "old-client", 5);
  tree.add_socket(321, 3, 5'001);
  options_.proc_root = tree.proc();
  app::Pipeline with_proc(options_, app::Pipeline::Rules{.classifier = compile()}, sink_);
  const auto found = existing({}, now_);
  with_proc.on_record(std::as_bytes(std::span(&found, 1)));
  with_proc.on_batch_end();
  const account::Snapshot now = with_proc.ledger().snapshot();
  EXPECT_NE(account::find_connections(now, "other", "other", "old-client"), nullptr);
}

TEST_F(ResynchroniseTest, WhatIsGoneLeavesTheGauge) {
  open({.id = 1});
  open({.id = 2});
  source_.open = {existing({.id = 2}, now_)};
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 2, .established = 2, .open = 1}));
  EXPECT_EQ(pipeline().connections().table().size(), 1U);
}

TEST_F(ResynchroniseTest, WhatIsGoneLetsGoOfItsName) {
  open({.id = 1});
  resynchronise();
  now_ += 3600 * kSecond;
  connect({.id = 2});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(ResynchroniseTest, WhatIsNewEntersTheGauge) {
  source_.open = {existing({.id = 9}, now_)};
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.open = 1}));
}

TEST_F(ResynchroniseTest, ConnectionWhoseSuccessWasLostEntersTheGauge) {
  connect({});
  source_.open = {existing({}, now_)};
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .open = 1}));
  close({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

TEST_F(ResynchroniseTest, AttemptUnderWayStaysOutOfTheGauge) {
  connect({});
  source_.open = {existing({}, now_, kSynSent)};
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 1}));
}

TEST_F(ResynchroniseTest, NoConnectionIsCountedTwiceThatEndsMeanwhile) {
  open({});
  source_.in_ring = [&] { close({}); };  // closed after the ring was drained, before the sockets were read
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

TEST_F(ResynchroniseTest, ConnectionThatBeginsMeanwhileStays) {
  source_.in_ring = [&] { open({}); };
  EXPECT_TRUE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
}

TEST_F(ResynchroniseTest, SourceThatCannotTellDropsNothing) {
  open({});
  source_.can_iterate = false;
  EXPECT_FALSE(resynchronise());
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
}

TEST_F(ResynchroniseTest, ConnectionWhoseAttemptWasLostIsCountedWhenItEnds) {
  source_.open = {existing({}, now_)};
  EXPECT_TRUE(resynchronise());
  close({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

}  // namespace
}  // namespace egresswatch::test
