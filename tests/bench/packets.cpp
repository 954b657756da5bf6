// SPDX-License-Identifier: Apache-2.0
// What the packet programs cost on packets of every kind beside a no-op, by BPF_PROG_TEST_RUN with repeat, in turns:
// nothing is attached, and no packet is sent. The best round of each, which disturbs least. The socket that the kernel
// gives such a packet is nobody's and has no peer.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "capture/features.h"
#include "egresswatch/abi/maps.h"
#include "harness/dns_wire.h"
#include "harness/packet_bytes.h"
#include "noop.skel.h"

// Behind the layouts that it uses.
#include "core.skel.h"

namespace {

using egresswatch::Endpoint;
using egresswatch::IpAddress;
using egresswatch::capture::KernelFeatures;
using egresswatch::testing::DnsWireBuilder;
using egresswatch::testing::Ip;
using egresswatch::testing::PacketBytes;
using egresswatch::testing::WireBytes;

constexpr int kRounds = 100;
// The records of a round fit into the ring, so that none takes the short way of one that is lost.
constexpr int kRepeat = 1000;
constexpr std::uint32_t kRingBytes = 8U << 20;

struct Deleter {
  void operator()(core* skeleton) const { core::destroy(skeleton); }
  void operator()(noop* skeleton) const { noop::destroy(skeleton); }
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench_packets: %s\n", what);
  std::exit(1);
}

Endpoint at(const char* address, std::uint16_t port) { return {IpAddress::parse(address).value(), port}; }

std::string text_of(const WireBytes& wire) { return {reinterpret_cast<const char*>(wire.data()), wire.size()}; }

class Packets {
 public:
  Packets() : core_(core::open()), noop_(noop::open()) {
    if (!core_ || !noop_) fail("cannot open the objects");
    const auto features = KernelFeatures::probe();
    core_->rodata->has_cookie_in_tracing = features && features->has_function("bpf_get_socket_ptr_cookie");
    bpf_map__set_max_entries(core_->maps.events, kRingBytes);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, core_->obj)
        bpf_program__set_autoload(program, program == core_->progs.packet_out || program == core_->progs.packet_in);
    if (core::load(core_.get()) != 0 || noop::load(noop_.get()) != 0) fail("cannot load the programs");
    ring_.reset(ring_buffer__new(
        bpf_map__fd(core_->maps.events), [](void*, void*, std::size_t) { return 0; }, nullptr, nullptr));
    if (!ring_) fail("cannot map the ring");
  }

  void out(const char* title, const PacketBytes& frame) {
    race("packet_out", title, core_->progs.packet_out, noop_->progs.noop_out, frame);
  }
  void in(const char* title, const PacketBytes& frame) {
    race("packet_in", title, core_->progs.packet_in, noop_->progs.noop_in, frame);
  }

 private:
  void race(const char* name, const char* title, const bpf_program* ours, const bpf_program* nothing,
            const PacketBytes& frame) {
    std::uint32_t best = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t best_nothing = best;
    for (int round = 0; round < kRounds; ++round) {
      best = std::min(best, run_ns(ours, frame));
      best_nothing = std::min(best_nothing, run_ns(nothing, frame));
    }
    const std::string what = std::string(name) + ": " + title;
    std::printf("%-58s %6u ns  no-op %u ns\n", what.c_str(), best, best_nothing);
  }

  // Of one run, as the kernel measured it.
  std::uint32_t run_ns(const bpf_program* program, const PacketBytes& frame) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = static_cast<__u32>(frame.size()),
                .repeat = kRepeat);
    if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0) fail(std::strerror(errno));
    ring_buffer__consume(ring_.get());
    return options.duration;
  }

  std::unique_ptr<core, Deleter> core_;
  std::unique_ptr<noop, Deleter> noop_;
  std::unique_ptr<ring_buffer, Deleter> ring_;
};

}  // namespace

int main() {
  const Ip to_server{.from = at("192.0.2.1", 40000), .to = at("192.0.2.2", 443)};
  const Ip from_server{.from = to_server.to, .to = to_server.from};
  const Ip to_resolver{.from = at("192.0.2.1", 40000), .to = at("192.0.2.2", 53)};
  const Ip from_resolver{.from = to_resolver.to, .to = to_resolver.from};
  const std::string name = "contoso-payments-prod-w.vault.azure.net";
  const std::string question = text_of(DnsWireBuilder::query(name).bytes());
  const std::string answer = text_of(DnsWireBuilder::answer(name).address(name, "20.61.99.68").bytes());
  const std::string kilobyte(1024, 'x');

  Packets packets;
  packets.out("TCP without payload", to_server.tcp(""));
  packets.out("TCP with 1 kB", to_server.tcp(kilobyte));
  packets.out("UDP of a known flow", to_server.udp("datagram"));
  packets.out("a DNS question", to_resolver.udp(question));
  packets.in("TCP without payload", from_server.tcp(""));
  packets.in("TCP with 1 kB", from_server.tcp(kilobyte));
  packets.in("UDP", from_server.udp("datagram"));
  packets.in("a DNS answer", from_resolver.udp(answer));
  return 0;
}
