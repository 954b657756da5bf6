// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "capture/features.h"
#include "capture/source.h"

namespace egresswatch::capture {

// Whether a packet dropped for this reason tells nothing about this host's decisions: it was consumed, thrown away with
// its socket, judged by the protocol behind the firewall, or nobody said why.
bool is_ignored_drop(std::string_view name);

// Marks the reasons to ignore, by number; those beyond the table are kept.
void fill_ignored_drops(const KernelFeatures& features, std::span<std::uint8_t> table);

// One EGW_DROP_REASON per reason that the running kernel knows. They are the daemon's own, in no total of the kernel.
void deliver_drop_reasons(RecordHandler& handler);

}  // namespace egresswatch::capture
