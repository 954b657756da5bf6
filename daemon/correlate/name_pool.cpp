// SPDX-License-Identifier: Apache-2.0
#include "correlate/name_pool.h"

#include <algorithm>
#include <cstring>

#include "base/keyed_hash.h"

namespace egresswatch::correlate {

NamePool::NamePool(std::size_t capacity) : capacity_(std::clamp<std::size_t>(capacity, 1, kNone)) { rehash(64); }

NamePool::Id NamePool::intern(std::string_view text) {
  if (text.empty() || text.size() > kMaxLength) return kNone;
  const auto hash = static_cast<std::uint32_t>(keyed_hash(text));
  for (Id id = bucket(hash); id != kNone; id = names_[id].next) {
    if (names_[id].hash != hash || this->text(id) != text) continue;
    ++names_[id].references;
    return id;
  }
  const std::size_t size_class = cell_class(text.size());
  std::uint32_t cell = 0;
  if (full() || !take_cell(size_class, cell)) return kNone;
  std::memcpy(cells_[size_class].bytes.data() + cell * kCellSizes[size_class], text.data(), text.size());

  if (size_ * 2 >= buckets_.size()) rehash(buckets_.size() * 2);
  const Id id = take_id();
  Id& head = bucket(hash);
  names_[id] = {hash, head, 1, cell, static_cast<std::uint8_t>(text.size())};
  head = id;
  ++size_;
  return id;
}

void NamePool::release(Id id) {
  Name& name = names_[id];
  if (--name.references > 0) return;
  Id* link = &bucket(name.hash);
  while (*link != id) link = &names_[*link].next;
  *link = name.next;
  cells_[cell_class(name.length)].free.push_back(name.cell);
  name.next = free_;
  free_ = id;
  --size_;
}

std::string_view NamePool::text(Id id) const {
  const Name& name = names_[id];
  const std::size_t size_class = cell_class(name.length);
  return {cells_[size_class].bytes.data() + name.cell * kCellSizes[size_class], name.length};
}

std::size_t NamePool::cell_class(std::size_t length) {
  std::size_t size_class = 0;
  while (kCellSizes[size_class] < length) ++size_class;
  return size_class;
}

void NamePool::rehash(std::size_t bucket_count) {
  std::vector<Id> old(bucket_count, kNone);
  old.swap(buckets_);
  for (Id chain : old) {
    while (chain != kNone) {
      const Id id = chain;
      chain = names_[id].next;
      Id& head = bucket(names_[id].hash);
      names_[id].next = head;
      head = id;
    }
  }
}

NamePool::Id NamePool::take_id() {
  if (free_ == kNone) {
    grow_within(names_, capacity_);
    names_.emplace_back();
    return static_cast<Id>(names_.size() - 1);
  }
  const Id id = free_;
  free_ = names_[id].next;
  return id;
}

bool NamePool::take_cell(std::size_t size_class, std::uint32_t& cell) {
  Cells& cells = cells_[size_class];
  if (!cells.free.empty()) {
    cell = cells.free.back();
    cells.free.pop_back();
    return true;
  }
  const std::size_t cell_size = kCellSizes[size_class];
  const std::size_t limit = std::max<std::size_t>(1, capacity_ / kCellShares[size_class]) * cell_size;
  const std::size_t used = cells.bytes.size();
  if (used == limit) return false;
  grow_within(cells.bytes, limit);
  cells.bytes.resize(used + cell_size);
  cell = static_cast<std::uint32_t>(used / cell_size);
  return true;
}

}  // namespace egresswatch::correlate
