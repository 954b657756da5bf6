// SPDX-License-Identifier: Apache-2.0
#include "capture/lookup_object.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

#include "capture/libbpf_log.h"
#include "lookup.skel.h"

namespace egresswatch::capture {

namespace {

// Whether kernel_lockdown(7) is in the mode in which no program may read memory.
bool is_confidential() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string modes;
  return std::getline(file, modes) && modes.find("[confidentiality]") != std::string::npos;
}

}  // namespace

void LookupObject::Deleter::operator()(lookup* skeleton) const { lookup::destroy(skeleton); }
void LookupObject::LinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }
LookupObject::~LookupObject() = default;

Result<std::unique_ptr<LookupObject>> LookupObject::load(CoreObject& core) {
  const LibbpfLog quiet;
  std::unique_ptr<LookupObject> self(new LookupObject);
  self->skeleton_.reset(lookup::open());
  if (!self->skeleton_) return Error::from_errno(errno, "opening the BPF object");
  const CoreObject::Output output = core.output();
  const auto& maps = self->skeleton_->maps;
  for (const auto& [map, fd] : {std::pair{maps.events, output.events_fd}, std::pair{maps.totals, output.totals_fd},
                                std::pair{maps.data_wakeup, output.wakeup_fd}})
    // libbpf returns a negative errno, here and below
    if (const int error = bpf_map__reuse_fd(map, fd); error != 0)
      return Error::from_errno(-error, "sharing the maps of the core object");
  self->skeleton_->rodata->ring_wakeup_bytes = output.ring_wakeup_bytes;
  if (const int error = lookup::load(self->skeleton_.get()); error != 0) {
    if (is_confidential())
      return Error{"this kernel has no access to user memory for programs: it is locked down (confidentiality)",
                   -error};
    return Error::from_errno(-error, "the kernel refused to load the programs");
  }
  return self;
}

Result<> LookupObject::attach() {
  const CLibraries libraries = find_c_libraries("/proc", kMaxLibraries);
  coverage_ = {};
  coverage_.unreadable_processes = libraries.unreadable_processes;
  if (libraries.over_limit > 0) {
    coverage_.left_out = libraries.over_limit;
    coverage_.reason = "more than " + std::to_string(kMaxLibraries) + " are in use";
  }
  int code = ENOENT;
  for (const CLibrary& library : libraries.found) {
    if (auto attached = attach(library); attached) {
      ++coverage_.libraries;
    } else {
      ++coverage_.left_out;
      coverage_.reason = attached.error().message;
      code = attached.error().code;
    }
  }
  if (coverage_.libraries > 0) return {};
  return Error{coverage_.reason.empty() ? "no process uses a C library that is known" : coverage_.reason, code};
}

// Both or none: a return without its entry knows no name, and an entry without its return leaves notes behind.
Result<> LookupObject::attach(const CLibrary& library) {
  auto at_return = attach(skeleton_->progs.getaddrinfo_return, library, true);
  if (!at_return) return at_return.error();
  auto at_entry = attach(skeleton_->progs.getaddrinfo_enter, library, false);
  if (!at_entry) return at_entry.error();
  links_.push_back(std::move(*at_return));
  links_.push_back(std::move(*at_entry));
  return {};
}

Result<LookupObject::Link> LookupObject::attach(const bpf_program* program, const CLibrary& library, bool at_return) {
  const LibbpfLog quiet;
  bpf_uprobe_opts options{};  // not LIBBPF_OPTS: that is no standard C++
  options.sz = sizeof(options);
  options.retprobe = at_return;
  options.func_name = "getaddrinfo";
  // the kernel wants a path; this one is the open file
  const std::string path = "/proc/self/fd/" + std::to_string(library.file.get());
  Link link(bpf_program__attach_uprobe_opts(program, -1, path.c_str(), 0, &options));
  if (link) return link;
  auto failure = Error::from_errno(errno, "attaching to getaddrinfo of " + library.path);
  // ba677dbe77af, 6.16, and the stable series of July 2025
  if (failure.code == EACCES || failure.code == EPERM) failure.message += ": this needs CAP_SYS_ADMIN at the start";
  return failure;
}

void LookupObject::detach() { links_.clear(); }

}  // namespace egresswatch::capture
