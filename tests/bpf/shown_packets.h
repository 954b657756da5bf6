// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <linux/filter.h>

#include <cstddef>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"
#include "harness/packet_bytes.h"

namespace egresswatch::testing {

// Before 6.16 BPF_PROG_TEST_RUN leaves data_end of cgroup_skb programs at 0, and to them every packet is too short.
// Asked of the running kernel with a program that returns data_end - data == len.
inline bool test_run_shows_packets() {
  const bpf_insn program[] = {
      {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(__sk_buff, data), 0},
      {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_1, offsetof(__sk_buff, data_end), 0},
      {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_4, BPF_REG_1, offsetof(__sk_buff, len), 0},
      {BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1},
      {BPF_JMP | BPF_JEQ | BPF_X, BPF_REG_3, BPF_REG_4, 1, 0},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, attributes, .expected_attach_type = BPF_CGROUP_INET_EGRESS);
  const UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, nullptr, "GPL", program, std::size(program), &attributes));
  if (!fd) throw std::runtime_error("cannot load a program of eight instructions");
  const PacketBytes frame = ethernet(0x0800, PacketBytes(40, 0x45));
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = static_cast<__u32>(frame.size()));
  if (const int error = bpf_prog_test_run_opts(fd.get(), &options); error != 0)
    throw std::runtime_error(std::string("BPF_PROG_TEST_RUN: ") + std::strerror(-error));
  return options.retval == 1;
}

}  // namespace egresswatch::testing
