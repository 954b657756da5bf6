// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "base/bounded_map.h"
#include "base/keyed_hash.h"
#include "correlate/expiry_heap.h"
#include "correlate/fair_shares.h"
#include "correlate/name_pool.h"
#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::correlate {

// What a destination was called by whoever asked for it.
struct NameMatch {
  std::string_view name;  // empty = none known; valid until the next learn()
  NameSource source = NameSource::none;
  std::uint64_t age_ns = 0;  // since the answer came
  // Other names, from the same source, would fit this address as well: several vaults share a front end.
  bool ambiguous = false;
  std::uint64_t answer_uid = 0;  // what learn() returned for that answer; 0 where no DNS answer named the address
};

// Who was told a name.
struct Asker {
  // NOLINTNEXTLINE(google-explicit-constructor): a process alone is an asker, too
  Asker(std::uint32_t process_id, std::uint64_t owner_id = 0) : pid(process_id), owner(owner_id) {}

  std::uint32_t pid = 0;    // 0 = unknown
  std::uint64_t owner = 0;  // whose share of the table it takes: the id of a cgroup; 0 = unknown
};

// Which names the DNS, or the C library, gave for which addresses: many to many, and who asked. Holds the names of
// questions, never targets of CNAMEs, since those are shared by services that have nothing to do with each other.
//
// The caller learns only from answers that a query of this host asked for (DnsTracker), else anybody who can send a
// packet to this host chooses its names.
//
// An entry lives for its TTL, at least `ttl_floor_ns` (programs keep addresses for longer than they should) and at most
// kTtlCeilingS, and as long as a socket pins its address. When room is needed, expired entries go first, then the
// oldest of the owner who has more than its share (FairShares): one unit cannot push out what another knows, nor fill
// more than a quarter of the table. What is pinned never goes, and a new address is then refused.
//
// Memory: 234 bytes an address with one name of 30 characters, 23 MB for 100,000 of them, measured by the test
// NameTable.StaysUnder24MegabytesWith100000Addresses. At most two names on average per address. No allocation in
// lookup(), nor in learn() once the tables have grown. Not thread-safe. Times are CLOCK_MONOTONIC.
class NameTable {
 public:
  struct Options {
    std::uint64_t ttl_floor_ns = 60'000'000'000;
    std::size_t names_per_address = 8;
  };

  struct Counters {
    std::uint64_t expired = 0;    // addresses that left in their time
    std::uint64_t evicted = 0;    // addresses that left before it, for want of room
    std::uint64_t displaced = 0;  // names that gave way to others of the same address
    std::uint64_t refused_addresses = 0;
    std::uint64_t refused_names = 0;  // no room, or longer than NamePool::kMaxLength
  };

  static constexpr std::uint32_t kTtlCeilingS = 86400;

  NameTable(std::size_t capacity_addresses, Options options);

  // Gives every address of the answer its question's name. Returns a number that stands for this answer, 0 if nothing
  // was learned.
  std::uint64_t learn(const DnsMessage& answer, const Asker& asker, std::uint64_t now_ns);

  // What getaddrinfo() told a process: its addresses are called `name`, foreign bytes in any case, refused if they are
  // no host name. No time to live came with it, so the floor holds. A name that the process also got from the DNS is
  // one entry.
  void learn_lookup(std::string_view name, std::span<const IpAddress> addresses, const Asker& asker,
                    std::uint64_t now_ns);

  // The newest name for which this process (pid 0 = unknown) got this address from the DNS; else from the C library,
  // which may have been given a short name and asked the DNS for a longer one; else the newest that another process
  // got from the DNS: what a library told that one may come from a hosts file of its own. For loopback and unspecified
  // addresses only what the process itself got: one blocked name would else become that of all local traffic.
  NameMatch lookup(const IpAddress& address, std::uint32_t pid, std::uint64_t now_ns);

  // Keeps the names of an address while a socket uses it. False if the address has none that is in date: then do not
  // unpin it.
  [[nodiscard]] bool pin(const IpAddress& address, std::uint64_t now_ns);
  void unpin(const IpAddress& address);

  // All but the pins, for restore() of the next process, whose table must be new; what does not fit there any more is
  // left out as learn() would.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive, std::uint64_t now_ns);

  [[nodiscard]] std::size_t size() const { return slots_by_address_.size(); }
  [[nodiscard]] std::size_t capacity() const { return slots_by_address_.capacity(); }
  [[nodiscard]] std::size_t names() const { return names_.size(); }
  [[nodiscard]] std::size_t names_capacity() const { return names_.capacity(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = NamePool::kNone;
  // How many addresses may go to make room for one name: they may share theirs.
  static constexpr int kMaxEvictionsPerName = 16;

  // One name of one address, for one asking process.
  struct Link {
    NamePool::Id name = NamePool::kNone;
    Index next = kNone;  // of the same address, or in the list of free ones
    std::uint32_t pid = 0;
    std::uint64_t learned_ns = 0;
    std::uint64_t expires_ns = 0;
    std::uint64_t answer_uid = 0;  // of the newest answer; 0 = only the C library said so

    [[nodiscard]] bool newer_than(const Link& other) const {
      return learned_ns != other.learned_ns ? learned_ns > other.learned_ns : answer_uid > other.answer_uid;
    }
  };

  struct Address {
    IpAddress address;
    Index first_link = kNone;  // of a free slot: the next free slot
    std::uint32_t pins = 0;
  };

  struct HashAddress {
    std::size_t operator()(const IpAddress& address) const {
      return keyed_hash({reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
    }
  };

  // Gives `count` addresses the name; each(i, link) says which, and completes the link. True if any was let in.
  template <typename Each>
  bool learn_all(std::string_view name, std::size_t count, Link link, const Each& each);
  static NameSource source_for(const Link& link, std::uint32_t pid, bool own_only);
  NamePool::Id intern(std::string_view name, std::uint64_t now_ns);
  bool add(const IpAddress& address, const Link& link, std::uint64_t now_ns);
  Index insert_address(const IpAddress& address, const Link& link, std::uint64_t now_ns);
  void add_name(Address& entry, const Link& link, std::uint64_t now_ns);
  [[nodiscard]] Index most_redundant(Index first, const Link& added) const;
  [[nodiscard]] bool usable(const Address& entry, const Link& link, std::uint64_t now_ns) const;
  [[nodiscard]] std::uint64_t expiry_of(const Address& entry) const;
  Index take_link(std::uint64_t now_ns);
  void prepend(Address& entry, Index index, const Link& link);
  [[nodiscard]] bool holds_its_most() const;
  bool make_room(std::uint64_t now_ns, bool even_live);
  void remove(Index slot);

  Options options_;
  std::size_t links_capacity_;
  NamePool names_;
  BoundedMap<IpAddress, Index, HashAddress> slots_by_address_;
  std::vector<Address> addresses_;
  std::vector<Link> links_;
  Index free_slot_ = kNone;
  Index free_link_ = kNone;
  ExpiryHeap unpinned_;  // every address that may go
  FairShares shares_;
  std::uint64_t inserting_owner_ = 0;
  std::uint64_t last_uid_ = 0;
  Counters counters_;
};

}  // namespace egresswatch::correlate
