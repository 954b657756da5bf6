// SPDX-License-Identifier: Apache-2.0
#include "account/name_table.h"

namespace egresswatch::account {

std::optional<std::uint32_t> NameTable::find(std::uint32_t parent, std::string_view name) const {
  const auto found = ids_.find(View{parent, name});
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

void NameTable::add(std::uint32_t parent, std::string_view name, std::uint32_t id) {
  ids_.emplace(Key{parent, std::string(name)}, id);
}

}  // namespace egresswatch::account
