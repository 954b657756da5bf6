// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "app/pipeline.h"
#include "classify/embedded_catalog.h"
#include "config/config.h"
#include "harness/dns_wire.h"
#include "unit/account/ledger_fixture.h"
#include "unit/app/capturing_sink.h"
#include "unit/app/records.h"

namespace egresswatch::test {

using egresswatch::testing::DnsWireBuilder;

inline std::shared_ptr<const classify::Classifier> compile(const ClassifyOptions& options = {}) {
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  auto classifier = classify::Classifier::compile(catalog.value(), options);
  return std::make_shared<const classify::Classifier>(std::move(classifier).value());
}

// A pipeline that is fed records and asked what it counted and reported. It sees no /proc: the unit of a process is its
// name.
class PipelineTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kVault = "fabrikam.vault.azure.net";
  static constexpr std::string_view kEntra = "login.microsoftonline.com";

  PipelineTest() { options_.proc_root.clear(); }

  // Made with the first use, so that a test may change the options before.
  app::Pipeline& pipeline() {
    if (!pipeline_) {
      pipeline_ = std::make_unique<app::Pipeline>(options_, rules_, sink_);
    }
    return *pipeline_;
  }

  void feed(std::span<const std::byte> bytes) { pipeline().on_record(bytes); }
  template <typename Record>
  void feed(const Record& record) requires std::is_trivially_copyable_v<Record> && requires {
    record.header.size;
  }
  { feed(std::as_bytes(std::span(&record, 1))); }

  // Records of one connection, each now_.
  void connect(const Socket& socket) { feed(attempt(socket, now_)); }
  void establish(const Socket& socket, std::uint64_t latency_ns = 10 * kMs) {
    feed(established(socket, now_, latency_ns));
    settle();
  }
  // What the daemon does with connections that say nothing for a second.
  void settle() { pipeline().settle(now_, 0); }
  void close(const Socket& socket) { feed(closed(socket, now_, now_ - 2 * kMs, now_ - kMs)); }
  void fail(const Socket& socket, std::uint32_t error) { feed(gave_up(socket, now_, now_ - kMs, error)); }
  void open(const Socket& socket) {
    connect(socket);
    establish(socket);
  }

  void send_dns(std::span<const std::byte> wire, const DnsPacketOptions& options = {}) {
    feed(dns_record(now_, wire, options));
  }
  void ask(std::string_view name, std::uint32_t pid = 100, std::uint16_t id = 0x1234) {
    send_dns(DnsWireBuilder::query(name, DnsWireBuilder::kA, id).bytes(), {.egress = true, .pid = pid});
  }
  void answer(const DnsWireBuilder& message, std::uint32_t pid = 100) {
    send_dns(message.bytes(), {.egress = false, .pid = pid});
  }
  // This process asks for the name and gets these addresses.
  void resolve(std::string_view name, std::initializer_list<std::string_view> addresses, std::uint32_t pid = 100,
               std::uint32_t ttl_s = 300) {
    ask(name, pid);
    auto message = DnsWireBuilder::answer(name);
    for (const std::string_view address : addresses) message.address(name, address, ttl_s);
    answer(message, pid);
  }

  // The C library tells this process these addresses.
  void look_up(std::string_view name, std::initializer_list<std::string_view> addresses, std::uint32_t pid = 100) {
    feed(name_lookup(now_, name, addresses, pid));
  }

  [[nodiscard]] account::Snapshot snapshot() {
    settle();
    return pipeline().ledger().snapshot();
  }
  std::uint64_t attempts(std::string_view service, std::string_view host, std::string_view unit = "sdk") {
    settle();
    return account::attempts(pipeline().ledger(), service, host, unit);
  }
  std::uint64_t failures(std::string_view service, std::string_view host, Stage stage, Cause cause,
                         std::string_view unit = "sdk") {
    settle();
    return account::failures(pipeline().ledger(), service, host, unit, stage, cause);
  }
  std::uint64_t open_connections(std::string_view service, std::string_view host) {
    const account::Snapshot now = snapshot();
    const auto* row = account::find_traffic(now, service, host);
    return row ? row->open_connections : 0;
  }

  // Sums over everything.
  struct Totals {
    std::uint64_t attempts = 0;
    std::uint64_t established = 0;
    std::uint64_t failed = 0;
    std::uint64_t open = 0;
    bool operator==(const Totals&) const = default;
    friend void PrintTo(const Totals& totals, std::ostream* out) {
      *out << totals.attempts << " attempts, " << totals.established << " established, " << totals.failed << " failed, "
           << totals.open << " open";
    }
  };
  Totals totals() {
    Totals sum;
    const account::Snapshot now = snapshot();
    for (const auto& row : now.connections) {
      sum.attempts += row.attempts;
      sum.established += row.established;
    }
    for (const auto& row : now.failures) sum.failed += row.count;
    for (const auto& row : now.traffic) sum.open += row.open_connections;
    return sum;
  }
  std::uint64_t events(account::EventType type) { return snapshot().events[static_cast<std::size_t>(type)]; }
  std::uint64_t named_by(NameSource source) { return snapshot().name_sources[static_cast<std::size_t>(source)]; }
  const ConnectionReport& last_connection() { return sink_.connections().back(); }

  app::Pipeline::Options options_;
  app::Pipeline::Rules rules_{.classifier = compile()};
  CapturingSink sink_;
  std::uint64_t now_ = 1'000 * kSecond;  // CLOCK_MONOTONIC

 private:
  std::unique_ptr<app::Pipeline> pipeline_;
};

}  // namespace egresswatch::test
