// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "capture/core_settings.h"
#include "capture/link_watch.h"
#include "capture/pins.h"
#include "capture/source.h"

struct core;
struct bpf_link;
struct bpf_program;

namespace egresswatch::capture {

// The BPF object of bpf/: loaded, attached program by program, and asked for its counters.
class CoreObject {
 public:
  using Sizes = CoreSizes;

  // Loads what this kernel can load. A program that it refuses is left out and reported in probes(), except the one
  // without which there is nothing to say (tcp_state): that is an error.
  //
  // With pins, which must outlive the object, the maps are those that an earlier process left there, if it left any;
  // and what is attached stays when the object goes. That pinning failed is told by pin_failure(); the object then
  // works as without pins.
  static Result<std::unique_ptr<CoreObject>> load(const Sizes& sizes, const Pins* pins = nullptr);
  ~CoreObject();
  CoreObject(const CoreObject&) = delete;
  CoreObject& operator=(const CoreObject&) = delete;

  // Attaches every loaded program; error only if tcp_state does not attach. The programs of an earlier process work
  // until the last of these is attached, and are gone then.
  Result<> attach();
  // Of what is pinned it lets go only.
  void detach();
  // Those that somebody else has detached since the last call; their probes() say so.
  std::vector<Probe> take_detached();

  // Whether the maps are those of an earlier process.
  [[nodiscard]] bool adopted() const { return adopted_; }
  [[nodiscard]] bool pinned() const { return pins_ != nullptr; }
  // For people; empty = none.
  [[nodiscard]] const std::string& pin_failure() const { return pin_failure_; }
  // The kernel's number of the ring's map, which is not used again before the next boot.
  [[nodiscard]] std::uint32_t ring_id() const;

  [[nodiscard]] const std::vector<Probe>& probes() const { return probes_; }
  [[nodiscard]] egw_totals totals() const;
  [[nodiscard]] volatile egw_wakeup& shared();
  [[nodiscard]] int ring_fd() const;
  // What bpf/output.bpf.h declares: for another object that writes into the same ring.
  struct Output {
    int events_fd;
    int totals_fd;
    int wakeup_fd;
    std::uint64_t ring_wakeup_bytes;
  };
  [[nodiscard]] Output output() const;
  [[nodiscard]] int sockets_fd() const;
  [[nodiscard]] int flows_fd() const;
  [[nodiscard]] int lost_attempts_fd() const;
  // How often the kernel has left out a run of a probe's program, since it was running on that processor already
  // (bpf_prog_info.recursion_misses, 9ed9e9ba2337, 5.12); 0 where it does not say.
  [[nodiscard]] std::uint64_t skipped_runs(std::string_view probe) const;
  // The iter/tcp program, null if this kernel refused it.
  [[nodiscard]] const bpf_program* existing_program() const;

 private:
  struct Deleter {
    void operator()(core* skeleton) const;
  };
  struct LinkDeleter {
    void operator()(bpf_link* link) const;
  };

  CoreObject() = default;
  // One try. `refused` names the program at which the kernel stopped, empty if it was none in particular.
  Result<> try_load(const Sizes& sizes, std::string& refused);
  Probe& probe(const std::string& name);
  bool adopt_maps();
  void pin_maps();
  bool attach_program(bpf_program* program, const std::string& name);
  // To the pinned link of an earlier process. False if there is none that would have it.
  bool update_pinned_link(const bpf_program* program, const std::string& pin);
  void keep_pinned(int fd, const std::string& pin);
  void change_over();
  void give_up_pins(const Error& error);

  std::unique_ptr<core, Deleter> skeleton_;
  std::vector<Probe> probes_;
  UniqueFd cgroup_;
  std::vector<std::unique_ptr<bpf_link, LinkDeleter>> links_;
  const Pins* pins_ = nullptr;
  bool adopted_ = false;
  std::vector<UniqueFd> kept_links_;  // of an earlier process, with other programs now
  std::vector<std::string> pinned_links_;
  std::string pin_failure_;
  LinkWatch watch_;
};

}  // namespace egresswatch::capture
