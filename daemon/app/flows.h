// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "app/context.h"
#include "base/archive.h"
#include "base/bounded_map.h"
#include "egresswatch/model/events.h"

namespace egresswatch::app {

// What leaves by other protocols than TCP: named, held against the policy, reported. Nothing of it can be seen to fail.
// Connections of which nothing but their number is known, since their records were lost, come here as well.
//
// The kernel side forgets a flow each time it is swept, and tells its next packet as the first. Here it is the same
// flow until nothing was sent for kForgottenNs.
class Flows {
 public:
  static constexpr std::size_t kRemembered = 16'384;  // about 80 bytes each
  static constexpr std::uint64_t kForgottenNs = 60'000'000'000;

  explicit Flows(Context& context) : context_(context), known_(kRemembered) {}

  void on(const Flow& event);

  // What is known, for restore() of the next process.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

  [[nodiscard]] std::size_t size() const { return known_.size(); }
  [[nodiscard]] std::uint64_t evictions() const { return known_.evictions(); }

 private:
  struct Key {
    SocketId socket = 0;
    Endpoint remote;
    Protocol protocol = Protocol::udp;
    bool operator==(const Key&) const = default;
  };
  struct HashKey {
    std::size_t operator()(const Key& key) const {
      return std::hash<IpAddress>{}(key.remote.address) ^ ((key.socket << 16) | key.remote.port);
    }
  };

  bool is_new(const Flow& event);

  Context& context_;
  BoundedMap<Key, std::uint64_t, HashKey> known_;  // when it was last heard of
};

}  // namespace egresswatch::app
