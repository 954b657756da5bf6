// SPDX-License-Identifier: Apache-2.0
#include "account/unexpected_counts.h"

namespace egresswatch::account {

// One row of each reason at zero from the start: that of what does not fit, which must always have a place.
UnexpectedCounts::UnexpectedCounts(std::size_t budget, std::string_view other) : other_(other), budget_{budget} {
  for (std::size_t reason = 1; reason < kUnexpectedNames.size(); ++reason) {
    unit_names_.add(static_cast<std::uint32_t>(reason), other_, static_cast<std::uint32_t>(units_.size()));
    units_.push_back({.processes_left = 0});
    make_row(static_cast<Unexpected>(reason), other_, other_, static_cast<std::uint32_t>(units_.size() - 1));
  }
}

void UnexpectedCounts::count(Unexpected reason, std::string_view unit, std::string_view process, std::uint64_t times) {
  rows_[row_of(reason, unit, process)].count += times;
}

std::uint32_t UnexpectedCounts::row_of(Unexpected reason, std::string_view unit, std::string_view process) {
  const auto reason_index = static_cast<std::uint32_t>(reason);
  const auto known_unit = unit_names_.find(reason_index, unit);
  if (known_unit) {
    if (const auto known = process_names_.find(*known_unit, process)) return *known;
    if (units_[*known_unit].processes_left > 0 && budget_.left > 0) {
      --budget_.left;
      --units_[*known_unit].processes_left;
      return make_row(reason, unit, process, *known_unit);
    }
    ++budget_.overflow;
    return *process_names_.find(*known_unit, other_);
  }
  // a new unit takes two: its first process, and what does not fit of it
  if (budget_.left < 2) {
    ++budget_.overflow;
    return *process_names_.find(*unit_names_.find(reason_index, other_), other_);
  }
  budget_.left -= 2;
  const auto index = static_cast<std::uint32_t>(units_.size());
  unit_names_.add(reason_index, unit, index);
  units_.push_back({.processes_left = kProcessesPerUnit - 1});
  const std::uint32_t spare = make_row(reason, unit, other_, index);
  return process == other_ ? spare : make_row(reason, unit, process, index);
}

std::uint32_t UnexpectedCounts::make_row(Unexpected reason, std::string_view unit, std::string_view process,
                                         std::uint32_t parent) {
  const auto index = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({reason, std::string(unit), std::string(process), 0});
  process_names_.add(parent, process, index);
  return index;
}

}  // namespace egresswatch::account
