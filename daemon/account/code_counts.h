// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace egresswatch::account {

// How many more label combinations a metric may have, and how often it was refused one.
struct Budget {
  std::size_t left = 0;
  std::uint64_t overflow = 0;

  bool take() {
    if (left == 0) {
      ++overflow;
      return false;
    }
    --left;
    return true;
  }
};

// Counts by a small code (a cause, a response code). A series has a handful of them: a vector beats a map.
class CodeCounts {
 public:
  [[nodiscard]] std::uint64_t* find(std::uint16_t code) {
    for (auto& [known, count] : counts_)
      if (known == code) return &count;
    return nullptr;
  }

  std::uint64_t& at(std::uint16_t code) {
    if (std::uint64_t* count = find(code)) return *count;
    return counts_.emplace_back(code, 0).second;
  }

  [[nodiscard]] bool empty() const { return counts_.empty(); }
  [[nodiscard]] auto begin() const { return counts_.begin(); }
  [[nodiscard]] auto end() const { return counts_.end(); }

 private:
  std::vector<std::pair<std::uint16_t, std::uint64_t>> counts_;
};

// Adds one to `own`, or, if that would be a new combination beyond the budget, to `overflow`. Both may be the same: the
// overflow itself is always there.
inline void count_bounded(CodeCounts& own, CodeCounts& overflow, std::uint16_t code, Budget& budget) {
  if (std::uint64_t* count = own.find(code)) {
    ++*count;
  } else if (&own == &overflow || budget.take()) {
    ++own.at(code);
  } else {
    ++overflow.at(code);
  }
}

}  // namespace egresswatch::account
