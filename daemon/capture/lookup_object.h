// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/c_libraries.h"
#include "capture/core_object.h"

struct lookup;
struct bpf_link;
struct bpf_program;

namespace egresswatch::capture {

// What the object covers: for people.
struct LookupCoverage {
  std::size_t libraries = 0;
  std::size_t left_out = 0;  // beyond the limit, or refused by the kernel
  std::string reason;        // of the last one left out
  std::size_t unreadable_processes = 0;
};

// The extra BPF object: getaddrinfo() of the C libraries that are in use now. It writes into the ring of the core
// object, which must outlive it. Nothing else depends on it: where it fails, names come from the wire alone.
class LookupObject {
 public:
  static constexpr std::size_t kMaxLibraries = 64;

  static Result<std::unique_ptr<LookupObject>> load(CoreObject& core);
  ~LookupObject();
  LookupObject(const LookupObject&) = delete;
  LookupObject& operator=(const LookupObject&) = delete;

  // Attaches to each library that a process under /proc runs with; error if there is none that it could attach to.
  Result<> attach();
  void detach();

  [[nodiscard]] const LookupCoverage& coverage() const { return coverage_; }

 private:
  struct Deleter {
    void operator()(lookup* skeleton) const;
  };
  struct LinkDeleter {
    void operator()(bpf_link* link) const;
  };
  using Link = std::unique_ptr<bpf_link, LinkDeleter>;

  LookupObject() = default;
  Result<> attach(const CLibrary& library);
  static Result<Link> attach(const bpf_program* program, const CLibrary& library, bool at_return);

  std::unique_ptr<lookup, Deleter> skeleton_;
  std::vector<Link> links_;
  LookupCoverage coverage_;
};

}  // namespace egresswatch::capture
