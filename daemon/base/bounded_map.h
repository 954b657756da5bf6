// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace egresswatch {

// A hash map that never holds more than `capacity` entries. When it is full, inserting evicts the entry that was used
// longest ago and is not pinned; if every entry is pinned, the insertion is refused. Both are counted, so that a table
// that is too small shows up in a metric and not as a silent gap.
//
// Memory grows by doubling until `capacity` and is then reused: no allocation in steady state. Pointers to values stay
// valid only until the next insertion. Not thread-safe.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class BoundedMap {
 public:
  // Called with an entry that is about to be evicted, so that what it stands for can be accounted.
  using OnEvict = std::function<void(const Key&, Value&)>;

  explicit BoundedMap(std::size_t capacity, OnEvict on_evict = {})
      : capacity_(capacity ? capacity : 1), on_evict_(std::move(on_evict)) {
    rehash(kInitialBuckets);
  }

  // The value, which becomes the most recently used; null if there is none.
  Value* find(const Key& key) {
    const Index node = lookup(key);
    if (node == kNone) return nullptr;
    touch(node);
    return &nodes_[node].value;
  }

  // The value without changing the order of use.
  const Value* peek(const Key& key) const {
    const Index node = lookup(key);
    return node == kNone ? nullptr : &nodes_[node].value;
  }
  Value* peek(const Key& key) {
    const Index node = lookup(key);
    return node == kNone ? nullptr : &nodes_[node].value;
  }

  // The value for key, made by default if there was none; null if the map is full of pinned entries.
  Value* find_or_insert(const Key& key, bool* inserted = nullptr) {
    if (inserted) *inserted = false;
    if (Value* found = find(key)) return found;
    if (size_ == capacity_ && !evict_one()) {
      ++refused_;
      return nullptr;
    }
    if (size_ * 2 >= buckets_.size()) rehash(buckets_.size() * 2);
    const Index node = take_node();
    nodes_[node].key = key;
    nodes_[node].value = Value{};
    nodes_[node].pins = 0;
    link_bucket(node);
    push_front(node);
    ++size_;
    if (inserted) *inserted = true;
    return &nodes_[node].value;
  }

  bool erase(const Key& key) {
    const Index node = lookup(key);
    if (node == kNone) return false;
    remove(node);
    return true;
  }

  // A pinned entry is not evicted. Pins are counted; unpinning what is not there does nothing.
  bool pin(const Key& key) {
    const Index node = lookup(key);
    if (node == kNone) return false;
    ++nodes_[node].pins;
    return true;
  }
  void unpin(const Key& key) {
    const Index node = lookup(key);
    if (node != kNone && nodes_[node].pins > 0) --nodes_[node].pins;
  }
  [[nodiscard]] bool pinned(const Key& key) const {
    const Index node = lookup(key);
    return node != kNone && nodes_[node].pins > 0;
  }

  // Calls visit(key, value) from the entry used longest ago on, until it returns false. The visited entry may be
  // erased from within; nothing else may.
  template <typename Visit>
  void for_each_oldest_first(Visit&& visit) {
    for (Index node = tail_; node != kNone;) {
      const Index next = nodes_[node].newer;
      if (!visit(nodes_[node].key, nodes_[node].value)) return;
      node = next;
    }
  }

  // Calls visit(key, value) for every entry, from the one used longest ago on.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (Index node = tail_; node != kNone; node = nodes_[node].newer) visit(nodes_[node].key, nodes_[node].value);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t evictions() const { return evictions_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();
  static constexpr std::size_t kInitialBuckets = 64;
  // How many of the oldest entries are looked at for one that is not pinned: bounds the cost of an insertion.
  static constexpr int kEvictionScan = 64;

  struct Node {
    Key key{};
    Value value{};
    Index next_in_bucket = kNone;
    Index older = kNone;
    Index newer = kNone;
    std::uint32_t pins = 0;
  };

  // std::hash of an integer is the identity; multiply so that the low bits depend on all of them.
  std::size_t bucket_of(const Key& key) const {
    const std::uint64_t mixed = static_cast<std::uint64_t>(Hash{}(key)) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(mixed >> 32) & (buckets_.size() - 1);
  }

  Index lookup(const Key& key) const {
    Index node = buckets_[bucket_of(key)];
    while (node != kNone && !(nodes_[node].key == key)) node = nodes_[node].next_in_bucket;
    return node;
  }

  Index take_node() {
    if (free_ != kNone) {
      const Index node = free_;
      free_ = nodes_[node].next_in_bucket;
      return node;
    }
    nodes_.emplace_back();
    return static_cast<Index>(nodes_.size() - 1);
  }

  void link_bucket(Index node) {
    Index& head = buckets_[bucket_of(nodes_[node].key)];
    nodes_[node].next_in_bucket = head;
    head = node;
  }

  void unlink_bucket(Index node) {
    Index* link = &buckets_[bucket_of(nodes_[node].key)];
    while (*link != node) link = &nodes_[*link].next_in_bucket;
    *link = nodes_[node].next_in_bucket;
  }

  void push_front(Index node) {
    nodes_[node].older = head_;
    nodes_[node].newer = kNone;
    if (head_ != kNone) nodes_[head_].newer = node;
    head_ = node;
    if (tail_ == kNone) tail_ = node;
  }

  void unlink_order(Index node) {
    Node& n = nodes_[node];
    (n.newer == kNone ? head_ : nodes_[n.newer].older) = n.older;
    (n.older == kNone ? tail_ : nodes_[n.older].newer) = n.newer;
  }

  void touch(Index node) {
    if (node == head_) return;
    unlink_order(node);
    push_front(node);
  }

  void remove(Index node) {
    unlink_bucket(node);
    unlink_order(node);
    nodes_[node].next_in_bucket = free_;
    free_ = node;
    --size_;
  }

  bool evict_one() {
    Index node = tail_;
    for (int i = 0; i < kEvictionScan && node != kNone; ++i, node = nodes_[node].newer) {
      if (nodes_[node].pins) continue;
      if (on_evict_) on_evict_(nodes_[node].key, nodes_[node].value);
      remove(node);
      ++evictions_;
      return true;
    }
    return false;
  }

  void rehash(std::size_t bucket_count) {
    buckets_.assign(bucket_count, kNone);
    for (Index node = head_; node != kNone; node = nodes_[node].older) link_bucket(node);
  }

  std::size_t capacity_;
  OnEvict on_evict_;
  std::vector<Node> nodes_;
  std::vector<Index> buckets_;
  Index free_ = kNone;
  Index head_ = kNone;  // most recently used
  Index tail_ = kNone;  // used longest ago
  std::size_t size_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace egresswatch
