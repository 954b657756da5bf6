// SPDX-License-Identifier: Apache-2.0
#include "capture/core_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "capture/drop_reasons.h"
#include "capture/features.h"
#include "capture/libbpf_log.h"
#include "capture/privileges.h"
#include "core.skel.h"

namespace egresswatch::capture {
namespace {

constexpr std::string_view kTcpState = "tcp_state";
constexpr std::string_view kTracepointSection = "tp_btf/";
constexpr std::string_view kCgroupSection = "cgroup";
constexpr std::string_view kIteratorSection = "iter/";

constexpr const char* kFloor = ": egresswatch needs Linux 5.10 or newer";

// (skb, location, reason), since 5.17 (c504e5c2f964)
constexpr std::string_view kDropTracepoint = "kfree_skb";
constexpr std::size_t kDropArguments = 3;

// 1/HZ: the coarse clock advances with the kernel's tick, see clock_getres(2).
std::uint64_t tick_ns() {
  timespec tick{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return static_cast<std::uint64_t>(tick.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(tick.tv_nsec);
}

std::string_view section(const bpf_program* program) { return bpf_program__section_name(program); }

}  // namespace

void CoreObject::Deleter::operator()(core* skeleton) const { core::destroy(skeleton); }
void CoreObject::LinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }
CoreObject::~CoreObject() = default;

Result<std::unique_ptr<CoreObject>> CoreObject::load(const Sizes& sizes) {
  if (const std::string missing = missing_capabilities(); !missing.empty())
    return Error{"loading BPF programs needs " + missing + ": start egresswatch as root or with these capabilities",
                 EPERM};
  // kernels before 5.11 charge BPF memory to this limit
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);

  std::unique_ptr<CoreObject> self(new CoreObject);
  for (;;) {
    std::string refused;
    auto loaded = self->try_load(sizes, refused);
    if (loaded) return self;
    // leave out the program at which the kernel stopped and try again; each round has one program less
    const bool known = !refused.empty() && refused != kTcpState && self->probe(refused).reason.empty();
    if (!known) return loaded.error();
    self->probe(refused).reason = loaded.error().message;
  }
}

Probe& CoreObject::probe(const std::string& name) {
  const auto found = std::find_if(probes_.begin(), probes_.end(), [&](const Probe& p) { return p.name == name; });
  return found != probes_.end() ? *found : probes_.emplace_back(Probe{name, false, {}});
}

Result<> CoreObject::try_load(const Sizes& sizes, std::string& refused) {
  auto features = KernelFeatures::probe();
  if (!features) return features.error();
  const LibbpfLog log;

  skeleton_.reset(core::open());
  if (!skeleton_) return Error::from_errno(errno, "opening the BPF object");
  bpf_map__set_max_entries(skeleton_->maps.events, sizes.ring_bytes);
  bpf_map__set_max_entries(skeleton_->maps.sockets, sizes.sockets);
  bpf_map__set_max_entries(skeleton_->maps.udp_flows, sizes.udp_flows);
  skeleton_->rodata->ring_wakeup_bytes = sizes.ring_bytes / 4;
  skeleton_->rodata->has_cookie_in_tracing = features->has_function("bpf_get_socket_ptr_cookie");

  skeleton_->rodata->tick_ns = tick_ns();
  fill_ignored_drops(*features, skeleton_->rodata->drop_ignored);

  const std::string cgroup = find_cgroup2();
  if (!cgroup.empty()) cgroup_.reset(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    Probe& state = probe(bpf_program__name(program));
    const std::string_view hook = section(program);
    if (state.reason.empty() && hook.starts_with(kTracepointSection) &&
        !features->has_tracepoint(hook.substr(kTracepointSection.size())))
      state.reason = "this kernel has no tracepoint " + std::string(hook.substr(kTracepointSection.size()));
    if (state.reason.empty() && hook == std::string(kTracepointSection).append(kDropTracepoint) &&
        features->tracepoint_arguments(kDropTracepoint) < kDropArguments)
      state.reason = "this kernel has no drop reasons";
    if (state.reason.empty() && hook.starts_with(kCgroupSection) && !cgroup_)
      state.reason = "cgroup v2 is not mounted: mount it at /sys/fs/cgroup or /sys/fs/cgroup/unified";
    if (!state.reason.empty()) bpf_program__set_autoload(program, false);
  }
  if (const Probe& essential = probe(std::string(kTcpState)); !essential.reason.empty())
    return Error{essential.reason + kFloor};

  const int error = core::load(skeleton_.get());
  if (error == 0) return {};
  refused = log.refused_program();
  // libbpf returns a negative errno
  if (!refused.empty()) {
    auto failure = Error::from_errno(-error, "the kernel refused to load " + refused);
    if (refused == kTcpState) failure.message += kFloor;
    return failure;
  }
  auto failure = Error::from_errno(-error, "loading the BPF object");
  if (failure.code == EPERM)
    failure.message +=
        "; the capabilities are there, so a user namespace, a seccomp filter or a security module forbids it: start "
        "egresswatch on the host itself";
  return failure;
}

Result<> CoreObject::attach() {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    Probe& state = probe(bpf_program__name(program));
    const std::string_view hook = section(program);
    if (!state.reason.empty()) continue;
    if (hook.starts_with(kIteratorSection)) {  // run when needed
      state.attached = true;
      continue;
    }
    const LibbpfLog quiet;
    bpf_link* link = hook.starts_with(kCgroupSection) ? bpf_program__attach_cgroup(program, cgroup_.get())
                                                      : bpf_program__attach(program);
    if (link) {
      links_.emplace_back(link);
      state.attached = true;
      continue;
    }
    state.reason = Error::from_errno(errno, "attaching to " + std::string(hook)).message;
    if (state.name == kTcpState) return Error{state.reason, errno};
  }
  return {};
}

void CoreObject::detach() {
  links_.clear();
  for (Probe& state : probes_) state.attached = false;
}

egw_totals CoreObject::totals() const {
  egw_totals sum{};
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return sum;
  std::vector<egw_totals> per_cpu(static_cast<std::size_t>(cpus));
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.totals), &key, per_cpu.data()) != 0) return sum;
  for (const egw_totals& one : per_cpu) {
    for (std::size_t i = 0; i < EGW_RECORD_TYPE_END; ++i) sum.produced[i] += one.produced[i];
    for (std::size_t i = 0; i < EGW_LOST_REASON_END; ++i) sum.lost[i] += one.lost[i];
  }
  return sum;
}

volatile std::uint32_t& CoreObject::consumer_asleep() { return skeleton_->data_wakeup->wakeup.consumer_asleep; }
int CoreObject::ring_fd() const { return bpf_map__fd(skeleton_->maps.events); }
CoreObject::Output CoreObject::output() const {
  return {ring_fd(), bpf_map__fd(skeleton_->maps.totals), bpf_map__fd(skeleton_->maps.data_wakeup),
          skeleton_->rodata->ring_wakeup_bytes};
}
int CoreObject::sockets_fd() const { return bpf_map__fd(skeleton_->maps.sockets); }
int CoreObject::udp_flows_fd() const { return bpf_map__fd(skeleton_->maps.udp_flows); }

const bpf_program* CoreObject::existing_program() const {
  return bpf_program__fd(skeleton_->progs.existing) >= 0 ? skeleton_->progs.existing : nullptr;
}

}  // namespace egresswatch::capture
