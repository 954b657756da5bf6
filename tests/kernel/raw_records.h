// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "capture/kernel_source.h"
#include "egresswatch/abi/records.h"
#include "harness/network_namespace.h"
#include "harness/sockets.h"
#include "kernel/expectations.h"

namespace egresswatch::testing {

// The records of a socket as the kernel wrote them, in a network namespace with a loopback device of its own.
class RawRecordsTest : public ::testing::Test, private capture::RecordHandler {
 protected:
  struct Connection {
    UniqueFd client;
    UniqueFd server;
    std::uint64_t socket = 0;
  };

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "loading BPF programs needs root";
    away_ = std::make_unique<NetworkNamespace>();
  }
  void TearDown() override { stop(); }

  void start() {
    auto source = capture::KernelSource::make(io_, {.ring_bytes = 1 << 24});
    if (!source) throw std::runtime_error(source.error().message);
    source_ = std::move(*source);
    if (auto started = source_->start(*this); !started) throw std::runtime_error(started.error().message);
    has_drops_ = std::ranges::any_of(source_->probes(), [](const capture::Probe& probe) {
      return probe.name == "packet_dropped" && probe.attached;
    });
  }
  void stop() {
    if (source_ && !stopped_) source_->stop();
    stopped_ = true;
  }
  void wait_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("what the test waits for did not come");
      io_.run_for(std::chrono::milliseconds(5));
      source_->poll();
    }
  }
  void wait_for(std::uint64_t socket, egw_record_type type) {
    wait_until([&] { return std::ranges::count(types(socket), type) > 0; });
  }
  static void pause(int milliseconds) { ::usleep(static_cast<useconds_t>(milliseconds) * 1000); }

  UniqueFd socket_away(int type) const {
    const NetworkNamespace::Inside inside(*away_);
    UniqueFd fd = make_socket(AF_INET, type);
    return fd;
  }
  UniqueFd listen_away() const {
    const NetworkNamespace::Inside inside(*away_);
    return listen_at(endpoint("127.0.0.1", 0));
  }
  Connection connect_away(const UniqueFd& listener) const {
    Connection result{socket_away(SOCK_STREAM), {}, 0};
    require(connect_to(result.client, local_endpoint(listener), AF_INET) == 0, "connect");
    set_option(result.client, IPPROTO_TCP, TCP_NODELAY, 1);
    result.server = accept_from(listener);
    result.socket = cookie(result.client);
    return result;
  }
  // What comes for this socket vanishes, with no firewall needed: the kernel's own filter throws it away.
  static void deafen(const UniqueFd& fd) {
    sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
    set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, sock_fprog{1, &nothing});
  }
  static void hear_again(const UniqueFd& fd) { set_option(fd, SOL_SOCKET, SO_DETACH_FILTER, 0); }
  // Drops TCP segments to or from this port, in the chain of the hook ("output", "input").
  void drop(const char* hook, const char* port, unsigned number) const {
    away_->shell(std::string("nft 'table ip fault { chain c { type filter hook ") + hook + " priority 0; tcp " + port +
                 " " + std::to_string(number) + " drop; }; }'");
  }

  std::vector<std::uint32_t> types(std::uint64_t socket) const {
    std::vector<std::uint32_t> result;
    for (const auto& record : records_) {
      egw_header header;
      std::memcpy(&header, record.data(), sizeof header);
      if (socket_of(record) == socket) result.push_back(header.type);
    }
    return result;
  }
  // Each record of the type, without what follows its structure.
  template <typename T>
  std::vector<T> all(std::uint64_t socket, egw_record_type type) const {
    std::vector<T> result;
    for (const auto& record : records_) {
      T value;
      if (record.size() < sizeof value || socket_of(record) != socket) continue;
      std::memcpy(&value, record.data(), sizeof value);
      if (value.header.type == type) result.push_back(value);
    }
    return result;
  }
  template <typename T>
  T only(std::uint64_t socket, egw_record_type type) const {
    const auto found = all<T>(socket, type);
    if (found.size() != 1)
      throw std::runtime_error(std::to_string(found.size()) + " records of type " + std::to_string(type));
    return found[0];
  }
  // The bytes of each payload record, in order.
  std::vector<std::string> payloads(std::uint64_t socket) const {
    std::vector<std::string> result;
    for (const auto& record : records_) {
      egw_tcp_payload value;
      if (record.size() < sizeof value || socket_of(record) != socket) continue;
      std::memcpy(&value, record.data(), sizeof value);
      if (value.header.type != EGW_TCP_PAYLOAD) continue;
      EXPECT_EQ(value.pad, 0U);
      EXPECT_EQ(record.size(),
                sizeof value + (value.payload_length > EGW_PAYLOAD_SMALL ? EGW_PAYLOAD_MAX : EGW_PAYLOAD_SMALL));
      result.emplace_back(reinterpret_cast<const char*>(record.data()) + sizeof value, value.payload_length);
    }
    return result;
  }
  egw_tcp_closed closed(std::uint64_t socket) const { return only<egw_tcp_closed>(socket, EGW_TCP_CLOSED); }
  std::string reason(std::uint32_t number) const {
    const auto found = reasons_.find(number);
    return found == reasons_.end() ? "" : found->second;
  }
  [[nodiscard]] bool has_drops() const { return has_drops_; }

  std::unique_ptr<NetworkNamespace> away_;

  boost::asio::io_context io_;
  std::unique_ptr<capture::KernelSource> source_;
  std::map<std::uint32_t, std::string> reasons_;

 private:
  // Of every type that has one it is the first field.
  static std::uint64_t socket_of(const std::vector<std::byte>& record) {
    egw_header header;
    std::uint64_t socket = 0;
    std::memcpy(&header, record.data(), sizeof header);
    if (header.type == EGW_DROP_REASON || header.type == EGW_NAME_LOOKUP) return 0;
    std::memcpy(&socket, record.data() + sizeof header, sizeof socket);
    return socket;
  }
  void on_record(std::span<const std::byte> record) override {
    records_.emplace_back(record.begin(), record.end());
    egw_drop_reason reason;
    if (record.size() != sizeof reason) return;
    std::memcpy(&reason, record.data(), sizeof reason);
    if (reason.header.type == EGW_DROP_REASON) reasons_[reason.number] = reason.name;
  }
  void on_batch_end() override {}
  std::vector<std::vector<std::byte>> records_;
  bool stopped_ = false;
  bool has_drops_ = false;
};

}  // namespace egresswatch::testing
