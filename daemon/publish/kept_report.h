// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "egresswatch/model/report.h"

// Reports that outlive the call which handed them over: their texts and lists are copied into memory of their own,
// which is used again and again. Neither copied nor moved, since the report has views of that memory.
namespace egresswatch::publish {

class KeptConnection {
 public:
  KeptConnection() = default;
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

  void keep(const ConnectionReport& report);
  void clear() { report_ = {}; }

  [[nodiscard]] bool empty() const { return report_.wall_time_ns == 0; }
  [[nodiscard]] const ConnectionReport& report() const { return report_; }

 private:
  ConnectionReport report_;
  std::string text_;
};

class KeptFlow {
 public:
  KeptFlow() = default;
  KeptFlow(const KeptFlow&) = delete;
  KeptFlow& operator=(const KeptFlow&) = delete;

  void keep(const FlowReport& report);

  [[nodiscard]] const FlowReport& report() const { return report_; }

 private:
  FlowReport report_;
  std::string text_;
};

class KeptAnswer {
 public:
  static constexpr std::size_t kMaxAddresses = 16;  // further ones are in `address_count` only

  KeptAnswer() = default;
  KeptAnswer(const KeptAnswer&) = delete;
  KeptAnswer& operator=(const KeptAnswer&) = delete;

  void keep(const DnsReport& report);
  void clear() { report_ = {}; }

  [[nodiscard]] bool empty() const { return report_.wall_time_ns == 0; }
  [[nodiscard]] const DnsReport& report() const { return report_; }

 private:
  DnsReport report_;
  std::string text_;
  std::array<std::string_view, DnsMessage::kMaxCnames> cnames_;
  std::array<DnsMessage::Address, kMaxAddresses> addresses_;
};

}  // namespace egresswatch::publish
