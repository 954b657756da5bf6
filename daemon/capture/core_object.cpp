// SPDX-License-Identifier: Apache-2.0
#include "capture/core_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "capture/features.h"
#include "capture/libbpf_log.h"
#include "capture/privileges.h"
#include "capture/ring.h"
#include "core.skel.h"

namespace egresswatch::capture {
namespace {

constexpr std::string_view kTcpState = "tcp_state";
constexpr std::string_view kCgroupSection = "cgroup";
constexpr std::string_view kIteratorSection = "iter/";

constexpr const char* kFloor = ": egresswatch needs Linux 5.10 or newer";
constexpr const char* kForbidden =
    "; the capabilities are there, so a user namespace, a seccomp filter or a security module forbids it: start "
    "egresswatch on the host itself";
constexpr const char* kSmaller = "; allow more memory, or make capture.ring_bytes or limits.sockets smaller";

std::string_view section(const bpf_program* program) { return bpf_program__section_name(program); }

}  // namespace

void CoreObject::Deleter::operator()(core* skeleton) const { core::destroy(skeleton); }
void CoreObject::LinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }
CoreObject::~CoreObject() = default;

Result<std::unique_ptr<CoreObject>> CoreObject::load(const Sizes& sizes, const Pins* pins) {
  if (const std::string missing = missing_capabilities(); !missing.empty())
    return Error{"loading BPF programs needs " + missing + ": start egresswatch as root or with these capabilities",
                 EPERM};
  // kernels before 5.11 charge BPF memory to this limit
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);

  std::unique_ptr<CoreObject> self(new CoreObject);
  self->pins_ = pins;
  for (;;) {
    std::string refused;
    auto loaded = self->try_load(sizes, refused);
    if (loaded) {
      if (pins && !self->adopted_) self->pin_maps();
      return self;
    }
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
  apply_settings(*skeleton_, sizes, *features);
  // with pins a part of the ring may be held
  if (pins_) skeleton_->rodata->ring_wakeup_bytes += sizes.ring_bytes / Ring::kHeldShare;
  adopted_ = pins_ && adopt_maps();

  const std::string cgroup = find_cgroup2();
  if (!cgroup.empty()) cgroup_.reset(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    Probe& state = probe(bpf_program__name(program));
    const std::string_view hook = section(program);
    if (state.reason.empty()) state.reason = missing_hook(program, *features);
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
    if (refused == kTcpState) failure.message += -error == EPERM ? kForbidden : kFloor;
    return failure;
  }
  const std::string map = log.refused_map();
  auto failure =
      Error::from_errno(-error, map.empty() ? "loading the BPF object" : "the kernel refused to make the map " + map);
  if (failure.code == EPERM) failure.message += kForbidden;
  // libbpf says so where it has no memory for the kernel's types, which were read a moment ago
  if (failure.code == ESRCH) failure = Error::from_errno(ENOMEM, "loading the BPF object");
  if (failure.code == ENOMEM || failure.code == E2BIG) failure.message += kSmaller;
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
    if (attach_program(program, state.name)) {
      state.attached = true;
      continue;
    }
    state.reason = Error::from_errno(errno, "attaching to " + std::string(hook)).message;
    if (state.name == kTcpState) return Error{state.reason, errno};
  }
  change_over();
  return {};
}

bool CoreObject::attach_program(bpf_program* program, const std::string& name) {
  const LibbpfLog quiet;
  const bool by_cgroup = section(program).starts_with(kCgroupSection);
  std::string pin = "link-" + name;
  if (by_cgroup) {
    if (pins_ && update_pinned_link(program, pin)) {
      watch_.add(name, kept_links_.back().get());
      return true;
    }
  } else {
    pin += "-" + std::to_string(skeleton_->rodata->generation);
  }
  bpf_link* link = by_cgroup ? bpf_program__attach_cgroup(program, cgroup_.get()) : bpf_program__attach(program);
  if (!link) return false;
  links_.emplace_back(link);
  watch_.add(name, bpf_link__fd(link));
  if (pins_) keep_pinned(bpf_link__fd(link), pin);
  return true;
}

std::vector<Probe> CoreObject::take_detached() {
  std::vector<Probe> detached;
  for (const std::string& name : watch_.take_detached()) {
    Probe& state = probe(name);
    state.attached = false;
    state.reason = "somebody detached it: restart egresswatch";
    detached.push_back(state);
  }
  return detached;
}

void CoreObject::detach() {
  watch_.clear();
  links_.clear();
  kept_links_.clear();
  for (Probe& state : probes_) state.attached = false;
}

std::uint32_t CoreObject::ring_id() const {
  bpf_map_info info{};
  std::uint32_t length = sizeof info;
  return bpf_obj_get_info_by_fd(ring_fd(), &info, &length) == 0 ? info.id : 0;
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

volatile egw_wakeup& CoreObject::shared() { return skeleton_->data_wakeup->wakeup; }
int CoreObject::ring_fd() const { return bpf_map__fd(skeleton_->maps.events); }
CoreObject::Output CoreObject::output() const {
  return {ring_fd(), bpf_map__fd(skeleton_->maps.totals), bpf_map__fd(skeleton_->maps.data_wakeup),
          skeleton_->rodata->ring_wakeup_bytes};
}
int CoreObject::sockets_fd() const { return bpf_map__fd(skeleton_->maps.sockets); }
int CoreObject::flows_fd() const { return bpf_map__fd(skeleton_->maps.flows); }

std::uint64_t CoreObject::skipped_runs(std::string_view probe) const {
  const bpf_program* program = bpf_object__find_program_by_name(skeleton_->obj, std::string(probe).c_str());
  bpf_prog_info info{};
  std::uint32_t length = sizeof info;
  if (!program || bpf_program__fd(program) < 0) return 0;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0 ? info.recursion_misses : 0;
}

int CoreObject::lost_attempts_fd() const { return bpf_map__fd(skeleton_->maps.lost_attempts); }

const bpf_program* CoreObject::existing_program() const {
  return bpf_program__fd(skeleton_->progs.existing) >= 0 ? skeleton_->progs.existing : nullptr;
}

}  // namespace egresswatch::capture
