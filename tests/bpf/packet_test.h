// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "bpf/shown_packets.h"
#include "capture/features.h"
#include "capture/source.h"
#include "core.skel.h"
#include "decode/record.h"
#include "harness/packet_bytes.h"

namespace egresswatch::testing {

// The packet programs on packets of the test's own, by BPF_PROG_TEST_RUN: nothing is attached, nothing of the host is
// seen. The kernel gives such a packet a socket of its own that has a cookie and is neither connected nor of TCP.
class PacketTest : public ::testing::Test {
 protected:
  enum class Way { out, in };

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "loading BPF programs needs root";
    if (!test_run_shows_packets())
      GTEST_SKIP() << "this kernel shows no packet to a program that BPF_PROG_TEST_RUN runs";
    load(1 << 20);
  }

  void load(std::uint32_t ring_bytes) {
    skeleton_.reset(core::open());
    if (!skeleton_) throw std::runtime_error("cannot open the object");
    const auto features = capture::KernelFeatures::probe();
    skeleton_->rodata->has_cookie_in_tracing = features && features->has_function("bpf_get_socket_ptr_cookie");
    bpf_map__set_max_entries(skeleton_->maps.events, ring_bytes);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) bpf_program__set_autoload(
        program, program == skeleton_->progs.packet_out || program == skeleton_->progs.packet_in);
    if (core::load(skeleton_.get()) != 0) throw std::runtime_error("cannot load the packet programs");
    ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.events), take, this, nullptr));
    if (!ring_) throw std::runtime_error("cannot map the ring");
  }

  // Runs the program on one packet, `repeat` times in a row. What it recorded is in records_ and events_ afterwards.
  // Returns nanoseconds for one run.
  std::uint32_t run(Way way, const PacketBytes& frame, int repeat = 1) {
    events_.clear();
    records_.clear();
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = static_cast<__u32>(frame.size()),
                .repeat = repeat);
    const bpf_program* program = way == Way::out ? skeleton_->progs.packet_out : skeleton_->progs.packet_in;
    const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
    EXPECT_EQ(error, 0) << frame.size() << " bytes: " << std::strerror(-error);
    // whatever it is, it passes
    EXPECT_EQ(options.retval, 1U);
    ring_buffer__consume(ring_.get());
    return options.duration;
  }

  // Neither a record nor a count.
  void expect_nothing(Way way, const PacketBytes& frame) {
    const egw_totals before = totals();
    run(way, frame);
    EXPECT_TRUE(records_.empty());
    const egw_totals after = totals();
    EXPECT_EQ(std::memcmp(&before, &after, sizeof before), 0);
  }
  void expect_nothing_either_way(const PacketBytes& frame) {
    expect_nothing(Way::out, frame);
    expect_nothing(Way::in, frame);
  }

  template <typename T>
  const T& only_event() {
    if (events_.size() != 1 || !std::holds_alternative<T>(events_[0]))
      throw std::runtime_error(std::to_string(events_.size()) + " records, or of another type");
    return std::get<T>(events_[0]);
  }

  // The first of a flow, in every field. The socket that the kernel makes for a test is not raw and nobody's.
  static void expect_flow(const Event& event, const Ip& ip, Protocol protocol, std::size_t bytes) {
    const auto& flow = std::get<Flow>(event);
    const bool ports = protocol == Protocol::udp || protocol == Protocol::sctp;
    EXPECT_GT(flow.time_ns, 0U);
    EXPECT_NE(flow.socket, 0U);
    EXPECT_EQ(flow.packets, 1U);
    EXPECT_EQ(flow.bytes, bytes);
    EXPECT_EQ(flow.netns, 0U);
    EXPECT_TRUE(flow.first);
    EXPECT_FALSE(flow.raw);
    EXPECT_EQ(flow.protocol, protocol);
    EXPECT_EQ(flow.tuple.family, ip.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(flow.tuple.local, (Endpoint{ip.from.address, ports ? ip.from.port : std::uint16_t{0}}));
    EXPECT_EQ(flow.tuple.remote, (Endpoint{ip.to.address, ports ? ip.to.port : std::uint16_t{0}}));
    expect_nobody(flow.process);
  }
  // Its control group is that of the test's own process.
  static void expect_nobody(const Process& process) {
    EXPECT_EQ(process.pid, 0U);
    EXPECT_EQ(process.uid, 0U);
    EXPECT_EQ(process.start_time_ns, 0U);
    EXPECT_EQ(process.name(), "");
    EXPECT_NE(process.cgroup_id, 0U);
  }

  // One DNS record of this packet, in every field.
  void expect_dns(Way way, const PacketBytes& frame, const Ip& ip, bool tcp, std::uint32_t seq,
                  std::string_view payload) {
    const egw_totals before = totals();
    run(way, frame);
    // a question of UDP is a flow, too, but for what a name server may say
    const bool flow = way == Way::out && !tcp && ip.from.port != 53;
    if (events_.size() != (flow ? 2U : 1U)) throw std::runtime_error(std::to_string(events_.size()) + " records");
    if (flow) expect_flow(events_[1], ip, Protocol::udp, payload.size());
    const auto& event = std::get<DnsPacket>(events_[0]);
    EXPECT_GT(event.time_ns, 0U);
    EXPECT_NE(event.socket, 0U);
    EXPECT_EQ(event.egress, way == Way::out);
    EXPECT_EQ(event.tcp, tcp);
    EXPECT_EQ(event.tcp_seq, seq);
    EXPECT_EQ(event.original_length, payload.size());
    const std::string_view copied(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
    EXPECT_EQ(copied, payload.substr(0, EGW_DNS_PAYLOAD_MAX));
    EXPECT_EQ(event.tuple.family, ip.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(event.tuple.local, way == Way::out ? ip.from : ip.to);
    EXPECT_EQ(event.tuple.remote, way == Way::out ? ip.to : ip.from);
    expect_nobody(event.process);
    const bool cut = payload.size() > EGW_DNS_PAYLOAD_MAX;
    EXPECT_EQ(records_[0].size(),
              sizeof(egw_dns) + (payload.size() > EGW_DNS_PAYLOAD_SMALL ? EGW_DNS_PAYLOAD_MAX : EGW_DNS_PAYLOAD_SMALL));
    const egw_totals after = totals();
    EXPECT_EQ(after.produced[EGW_DNS] - before.produced[EGW_DNS], 1U);
    EXPECT_EQ(after.lost[EGW_LOST_PAYLOAD_TRUNCATED] - before.lost[EGW_LOST_PAYLOAD_TRUNCATED], cut ? 1U : 0U);
    EXPECT_EQ(after.lost[EGW_LOST_PAYLOAD_UNREADABLE], before.lost[EGW_LOST_PAYLOAD_UNREADABLE]);
  }

  [[nodiscard]] egw_totals totals() const {
    egw_totals sum{};
    std::vector<egw_totals> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    const std::uint32_t key = 0;
    EXPECT_EQ(bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.totals), &key, per_cpu.data()), 0);
    for (const egw_totals& one : per_cpu) {
      for (std::size_t i = 0; i < EGW_RECORD_TYPE_END; ++i) sum.produced[i] += one.produced[i];
      for (std::size_t i = 0; i < EGW_LOST_REASON_END; ++i) sum.lost[i] += one.lost[i];
    }
    return sum;
  }

  std::vector<std::vector<std::byte>> records_;
  std::vector<Event> events_;

 private:
  struct Deleter {
    void operator()(core* skeleton) const { core::destroy(skeleton); }
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };

  static int take(void* context, void* data, std::size_t size) {
    auto& self = *static_cast<PacketTest*>(context);
    const auto* begin = static_cast<const std::byte*>(data);
    const auto& record = self.records_.emplace_back(begin, begin + size);
    EXPECT_EQ(decode::decode_record(record, self.events_.emplace_back()), decode::RecordError::none);
    return 0;
  }

  std::unique_ptr<core, Deleter> skeleton_;
  std::unique_ptr<ring_buffer, Deleter> ring_;
};

}  // namespace egresswatch::testing
