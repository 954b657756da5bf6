// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "capture/features.h"

struct core;
struct bpf_program;

namespace egresswatch::capture {

// How many bytes or entries the maps of the core object have room for.
struct CoreSizes {
  std::uint32_t ring_bytes;
  std::uint32_t sockets;
  std::uint32_t flows;
};

// Sizes of maps, and the constants that the programs read: between open and load, since the verifier follows them, too.
void apply_settings(core& skeleton, const CoreSizes& sizes, const KernelFeatures& features);

// Why this kernel cannot take the program, as far as that shows before the load; empty if it is worth trying.
std::string missing_hook(const bpf_program* program, const KernelFeatures& features);

}  // namespace egresswatch::capture
