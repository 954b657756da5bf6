// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace egresswatch::capture {

// Maps and links that stay in the kernel when the process ends, as files of a directory in a BPF file system
// (bpf-helpers(7), Documentation/bpf/): what happens between two daemons is then seen by the programs, kept in the maps
// and read by the next one.
//
//   <directory>/<layout>/<map or link>
//
// The layout is what has to be the same for two daemons to share maps: EGW_ABI_VERSION and the sizes of the maps. Maps
// of another layout are left alone until remove_others(), which ends whatever is pinned there.
class Pins {
 public:
  // Opens the directory, which must exist in a BPF file system and be writable, and locks it: two daemons with the same
  // pins would take each other's records. EBUSY: another process has it.
  static Result<Pins> open(const std::string& directory, const std::string& layout);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // A descriptor of what is pinned under this name; none if nothing is.
  [[nodiscard]] UniqueFd get(std::string_view name) const;
  // Replaces what was pinned under this name, which ends with it if nobody else has it.
  Result<> pin(int fd, std::string_view name) const;
  void remove(std::string_view name) const;
  // Removes each pin of this layout for which `is_old(name)`.
  template <typename IsOld>
  void remove_if(IsOld&& is_old) const {
    for (const std::string& name : names())
      if (is_old(std::string_view(name))) remove(name);
  }
  // Every pin of other layouts.
  void remove_others() const;

 private:
  Pins(std::string root, std::string layout, UniqueFd lock);
  [[nodiscard]] std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  [[nodiscard]] std::vector<std::string> names() const;

  std::string root_;
  std::string layout_;
  std::string directory_;  // of this layout
  UniqueFd lock_;
};

}  // namespace egresswatch::capture
