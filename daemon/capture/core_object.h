// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "capture/source.h"

struct core;
struct bpf_link;
struct bpf_program;

namespace egresswatch::capture {

// The BPF object of bpf/: loaded, attached program by program, and asked for its counters.
class CoreObject {
 public:
  struct Sizes {
    std::uint32_t ring_bytes;
    std::uint32_t sockets;
    std::uint32_t udp_flows;
  };

  // Loads what this kernel can load. A program that it refuses is left out and reported in probes(), except the one
  // without which there is nothing to say (tcp_state): that is an error.
  static Result<std::unique_ptr<CoreObject>> load(const Sizes& sizes);
  ~CoreObject();
  CoreObject(const CoreObject&) = delete;
  CoreObject& operator=(const CoreObject&) = delete;

  // Attaches every loaded program; error only if tcp_state does not attach.
  Result<> attach();
  void detach();

  [[nodiscard]] const std::vector<Probe>& probes() const { return probes_; }
  [[nodiscard]] egw_totals totals() const;
  [[nodiscard]] volatile std::uint32_t& consumer_asleep();
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
  [[nodiscard]] int udp_flows_fd() const;
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

  std::unique_ptr<core, Deleter> skeleton_;
  std::vector<Probe> probes_;
  UniqueFd cgroup_;
  std::vector<std::unique_ptr<bpf_link, LinkDeleter>> links_;
};

}  // namespace egresswatch::capture
