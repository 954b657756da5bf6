// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/code_counts.h"
#include "account/name_table.h"
#include "base/archive.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::account {

// How often what was not expected, by which unit and process. Bounded: beyond the budget a unit's processes, and then
// units, are counted under "other", so that sums stay exact. Counting what is known already does not allocate.
class UnexpectedCounts {
 public:
  // A process chooses its own name: it may fill the places of its unit, not those of others.
  static constexpr std::size_t kProcessesPerUnit = 16;

  struct Row {
    Unexpected reason = Unexpected::none;
    std::string unit;
    std::string process;
    std::uint64_t count = 0;
  };

  // `other`: the label value for what does not fit; lives as long as this.
  UnexpectedCounts(std::size_t budget, std::string_view other);

  // Both names are clean already.
  void count(Unexpected reason, std::string_view unit, std::string_view process, std::uint64_t times = 1);

  // For the next process. `budget` is that of the constructor, here and there.
  void save(ArchiveWriter& archive, std::size_t budget) const;
  void restore(ArchiveReader& archive, std::size_t budget);

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::uint64_t overflow() const { return budget_.overflow; }

 private:
  // Of one reason and unit.
  struct Unit {
    std::size_t processes_left = kProcessesPerUnit;
  };

  std::uint32_t row_of(Unexpected reason, std::string_view unit, std::string_view process);
  std::uint32_t make_row(Unexpected reason, std::string_view unit, std::string_view process, std::uint32_t parent);

  std::string_view other_;
  Budget budget_;
  std::vector<Row> rows_;
  std::vector<Unit> units_;
  NameTable unit_names_;     // parent: reason; gives an index of units_
  NameTable process_names_;  // parent: index of units_; gives an index of rows_
};

}  // namespace egresswatch::account
