// SPDX-License-Identifier: Apache-2.0
// verified_instructions
//
// Asks the running kernel's verifier about each program of ours, one by one, and prints a line for each:
//   NAME<tab>INSTRUCTIONS         how many instructions it went through (of a million that it would)
//   NAME<tab>missing<tab>REASON   this kernel lacks what the program attaches to
//   NAME<tab>refused<tab>REASON   the kernel does not load it
// The first line is the kernel's release. verified_instructions.py holds them against docs/kernels.md. Exit code 1: not
// root, or a kernel without BTF.
#include <bpf/libbpf.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "capture/core_settings.h"
#include "capture/source.h"
#include "core.skel.h"
#include "lookup.skel.h"

namespace egresswatch {
namespace {

// BPF_LOG_STATS of the kernel, since 5.2. Unlike verified_insns of bpf_prog_info (5.16) there on every kernel of ours.
constexpr __u32 kLogStatistics = 4;
constexpr std::size_t kLogBytes = std::size_t{1} << 16;  // a few lines

void configure(core& skeleton, const capture::KernelFeatures& features) {
  // as the daemon does by default, but for the sizes of tables, which the verifier does not look at
  capture::apply_settings(skeleton, {.ring_bytes = 1 << 16, .sockets = 1024, .flows = 1024}, features);
}
void configure(lookup& skeleton, const capture::KernelFeatures& /*features*/) {
  bpf_map__set_max_entries(skeleton.maps.events, 1 << 16);
  skeleton.rodata->ring_wakeup_bytes = 1 << 14;
}

// "processed 1234 insns (limit 1000000) max_states_per_insn 1 total_states ..."
std::string_view processed(std::string_view log) {
  static constexpr std::string_view kMark = "processed ";
  const auto begin = log.rfind(kMark);
  if (begin == std::string_view::npos) return {};
  const auto number = log.substr(begin + kMark.size());
  return number.substr(0, number.find(' '));
}

std::vector<std::string> names(const bpf_object* object) {
  std::vector<std::string> result;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) result.emplace_back(bpf_program__name(program));
  return result;
}

template <typename Skeleton>
void ask(const std::string& name, const capture::KernelFeatures& features, std::vector<char>& log) {
  const std::unique_ptr<Skeleton, decltype(&Skeleton::destroy)> skeleton(Skeleton::open(), &Skeleton::destroy);
  if (!skeleton) throw std::runtime_error("cannot open the object");
  configure(*skeleton, features);
  bpf_program* asked = nullptr;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    const bool is_it = name == bpf_program__name(program);
    bpf_program__set_autoload(program, is_it);
    if (is_it) asked = program;
  }
  std::cout << name << '\t';
  if (const std::string reason = capture::missing_hook(asked, features); !reason.empty()) {
    std::cout << "missing\t" << reason << '\n';
    return;
  }
  log[0] = '\0';
  bpf_program__set_log_level(asked, kLogStatistics);
  bpf_program__set_log_buf(asked, log.data(), log.size());
  const int error = Skeleton::load(skeleton.get());
  const std::string_view text(log.data());
  if (error == 0)
    std::cout << processed(text) << '\n';
  else
    std::cout << "refused\t" << std::strerror(-error) << '\n';
}

template <typename Skeleton>
void ask_all(const capture::KernelFeatures& features, std::vector<char>& log) {
  const std::unique_ptr<Skeleton, decltype(&Skeleton::destroy)> skeleton(Skeleton::open(), &Skeleton::destroy);
  if (!skeleton) throw std::runtime_error("cannot open the object");
  for (const std::string& name : names(skeleton->obj)) ask<Skeleton>(name, features, log);
}

}  // namespace
}  // namespace egresswatch

int main() {
  using namespace egresswatch;
  const auto features = capture::KernelFeatures::probe();
  if (!features) {
    std::cerr << "verified_instructions: " << features.error().message << '\n';
    return 1;
  }
  // kernels before 5.11 charge BPF memory to this limit
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
  libbpf_set_print(nullptr);  // a refusal is a line of the output

  utsname kernel{};
  uname(&kernel);
  std::cout << kernel.release << '\n';
  std::vector<char> log(kLogBytes);
  try {
    ask_all<core>(*features, log);
    ask_all<lookup>(*features, log);
  } catch (const std::exception& error) {
    std::cerr << "verified_instructions: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
