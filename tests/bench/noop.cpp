// SPDX-License-Identifier: Apache-2.0
// Attaches programs of bpf/noop.bpf.c, all or those named, and those of control groups to the one named, says so, and
// holds them until its standard input ends.
//
//   bench_noop CGROUP [PROGRAM...]
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "noop.skel.h"

namespace {

struct Deleter {
  void operator()(noop* skeleton) const { noop::destroy(skeleton); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

int fail(const char* what, int error) {
  std::fprintf(stderr, "bench_noop: %s: %s\n", what, std::strerror(error));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fail("needs the directory of a control group", EINVAL);
  const egresswatch::UniqueFd cgroup(::open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (cgroup.get() < 0) return fail(argv[1], errno);
  const std::unique_ptr<noop, Deleter> skeleton(noop::open_and_load());
  if (!skeleton) return fail("loading", errno);
  std::vector<std::unique_ptr<bpf_link, Deleter>> links;
  const std::span<char*> wanted(argv + 2, argv + argc);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    if (!wanted.empty() && std::ranges::find(wanted, std::string_view(bpf_program__name(program))) == wanted.end())
      continue;
    const std::string_view section = bpf_program__section_name(program);
    links.emplace_back(section.starts_with("cgroup") ? bpf_program__attach_cgroup(program, cgroup.get())
                                                     : bpf_program__attach(program));
    if (!links.back()) return fail(bpf_program__name(program), errno);
  }
  if (!wanted.empty() && links.size() != wanted.size()) return fail("a program that is not there", EINVAL);
  std::puts("attached");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  return 0;
}
