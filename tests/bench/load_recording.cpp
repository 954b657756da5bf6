// SPDX-License-Identifier: Apache-2.0
// Writes a recording after which every table is full: a name for each of 100,000 addresses, 50,000 sockets that stay
// open, to 1,050 vaults, and with two units each, 10,000 series.
//
//   bench_load_recording FILE
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <string>

#include "egresswatch/abi/recording.h"
#include "harness/dns_wire.h"
#include "unit/app/records.h"

namespace {

using namespace egresswatch::test;
using egresswatch::IpAddress;
using egresswatch::testing::DnsWireBuilder;

constexpr std::uint32_t kAddresses = 100'000;
constexpr std::uint32_t kVaults = 1'050;
constexpr std::uint32_t kSockets = 50'000;
// None may take more than a quarter of the table of names.
constexpr std::uint32_t kUnits = 8;
constexpr std::uint32_t kTtlS = 86'400;
constexpr std::uint64_t kStepNs = 20'000;

std::string address_of(std::uint32_t number) {
  return IpAddress::v4(11, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                       static_cast<std::uint8_t>(number))
      .to_string();
}

std::string name_of(std::uint32_t number) {
  return number < kVaults ? "vault-of-team-" + std::to_string(number) + ".vault.azure.net"
                          : "host-" + std::to_string(number) + ".strangers.example";
}

class Recording {
 public:
  explicit Recording(const char* path) : out_(path, std::ios::binary) {
    egw_recording start{};
    std::memcpy(start.magic, EGW_RECORDING_MAGIC, sizeof start.magic);
    start.abi_version = EGW_ABI_VERSION;
    start.header_size = sizeof start;
    start.wall_offset_ns = 1'790'000'000 * kSecond;
    write(std::as_bytes(std::span(&start, 1)));
  }

  template <typename Record>
  void add(const Record& record) {
    write(std::as_bytes(std::span(&record, 1)));
    ++counters_.produced[record.header.type];
  }
  void add(const Bytes& record) {
    write(record);
    ++counters_.produced[EGW_DNS];
  }

  bool finish(std::uint64_t now_ns) {
    counters_.header = {EGW_COUNTERS, sizeof counters_, now_ns};
    write(std::as_bytes(std::span(&counters_, 1)));
    return static_cast<bool>(out_.flush());
  }

 private:
  void write(std::span<const std::byte> bytes) {
    out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  std::ofstream out_;
  egw_counters counters_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "bench_load_recording: needs FILE\n");
    return EXIT_FAILURE;
  }
  Recording recording(argv[1]);
  std::uint64_t now = 1'000 * kSecond;
  for (std::uint32_t i = 0; i < kAddresses; ++i) {
    const std::string name = name_of(i);
    DnsPacketOptions packet{.pid = 100 + i % kUnits, .cgroup_id = 1 + i % kUnits};
    recording.add(dns_record(now += kStepNs, DnsWireBuilder::query(name).bytes(), packet));
    packet.egress = false;
    recording.add(
        dns_record(now += kStepNs, DnsWireBuilder::answer(name).address(name, address_of(i), kTtlS).bytes(), packet));
  }
  for (std::uint32_t i = 0; i < kSockets; ++i) {
    const std::string remote = address_of(i % kVaults);
    const bool second = i / kVaults % 2 == 1;
    const Socket socket{
        .id = i + 1, .remote = remote, .pid = second ? 102U : 101U, .comm = second ? "backup" : "payroll"};
    recording.add(attempt(socket, now += kStepNs));
    recording.add(established(socket, now += kStepNs, 1'000'000));
  }
  return recording.finish(now) ? EXIT_SUCCESS : EXIT_FAILURE;
}
