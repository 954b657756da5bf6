// SPDX-License-Identifier: Apache-2.0
#include "capture/core_settings.h"

#include <bpf/libbpf.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "capture/drop_reasons.h"
#include "capture/source.h"
#include "core.skel.h"

namespace egresswatch::capture {
namespace {

constexpr std::string_view kTracepointSection = "tp_btf/";

// (skb, location, reason), since 5.17 (c504e5c2f964)
constexpr std::string_view kDropTracepoint = "kfree_skb";
constexpr std::size_t kDropArguments = 3;

// One socket may take a quarter of the table of flows in a window, so half of it between two sweeps: the two are not in
// step.
constexpr std::uint32_t kFlowSharesOfTable = 4;

// 1/HZ: the coarse clock advances with the kernel's tick, see clock_getres(2).
std::uint64_t tick_ns() {
  timespec tick{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return static_cast<std::uint64_t>(tick.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(tick.tv_nsec);
}

}  // namespace

void apply_settings(core& skeleton, const CoreSizes& sizes, const KernelFeatures& features) {
  bpf_map__set_max_entries(skeleton.maps.events, sizes.ring_bytes);
  bpf_map__set_max_entries(skeleton.maps.sockets, sizes.sockets);
  bpf_map__set_max_entries(skeleton.maps.flows, sizes.flows);
  skeleton.rodata->flows_of_one_socket = std::max(sizes.flows / kFlowSharesOfTable, 1U);
  skeleton.rodata->ring_wakeup_bytes = sizes.ring_bytes / 4;
  skeleton.rodata->has_cookie_in_tracing = features.has_function("bpf_get_socket_ptr_cookie");
  skeleton.rodata->tick_ns = tick_ns();
  fill_ignored_drops(features, skeleton.rodata->drop_ignored);
}

std::string missing_hook(const bpf_program* program, const KernelFeatures& features) {
  const std::string_view hook = bpf_program__section_name(program);
  if (!hook.starts_with(kTracepointSection)) return {};
  const std::string_view tracepoint = hook.substr(kTracepointSection.size());
  if (!features.has_tracepoint(tracepoint)) return "this kernel has no tracepoint " + std::string(tracepoint);
  if (tracepoint == kDropTracepoint && features.tracepoint_arguments(tracepoint) < kDropArguments)
    return "this kernel has no drop reasons";
  return {};
}

}  // namespace egresswatch::capture
