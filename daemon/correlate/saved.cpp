// SPDX-License-Identifier: Apache-2.0
// What one process knows, for the next one.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/archive.h"
#include "correlate/dns_tracker.h"
#include "correlate/name_table.h"
#include "correlate/unit_resolver.h"

namespace egresswatch::correlate {
namespace {

void put(ArchiveWriter& archive, const Unit& unit) {
  for (const std::string* text : {&unit.name, &unit.slice, &unit.container_id, &unit.container_name})
    archive.put_text(*text);
  archive.put(unit.kind);
  archive.put(unit.runtime);
}

void get(ArchiveReader& archive, Unit& unit) {
  for (std::string* text : {&unit.name, &unit.slice, &unit.container_id, &unit.container_name})
    *text = archive.get_text();
  archive.get(unit.kind);
  archive.get(unit.runtime);
}

// Entries without pointers, from the one used longest ago on.
template <typename Map>
void put_entries(ArchiveWriter& archive, const Map& map) {
  archive.put(std::uint64_t{map.size()});
  map.for_each([&](const auto& key, const auto& value) {
    archive.put(key);
    archive.put(value);
  });
}

template <typename Key, typename Value, typename Hash>
void get_entries(ArchiveReader& archive, BoundedMap<Key, Value, Hash>& map) {
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto key = archive.get<Key>();
    *map.find_or_insert(key) = archive.get<Value>();  // nothing is pinned
  }
}

}  // namespace

void NameTable::save(ArchiveWriter& archive) const {
  archive.put(last_uid_);
  archive.put(std::uint64_t{slots_by_address_.size()});
  std::vector<Index> links;
  slots_by_address_.for_each([&](const IpAddress& address, Index slot) {
    links.clear();
    for (Index i = addresses_[slot].first_link; i != kNone; i = links_[i].next) links.push_back(i);
    archive.put(address);
    archive.put(shares_.owner_of(slot));
    archive.put(std::uint64_t{links.size()});
    // each new one is put in front
    std::ranges::reverse(links);
    for (const Index i : links) {
      const Link& link = links_[i];
      archive.put_text(names_.text(link.name));
      archive.put(link.pid);
      archive.put(link.learned_ns);
      archive.put(link.expires_ns);
      archive.put(link.answer_uid);
    }
  });
}

void NameTable::restore(ArchiveReader& archive, std::uint64_t now_ns) {
  archive.get(last_uid_);
  for (std::uint64_t addresses = archive.get_count(); addresses > 0 && archive.good(); --addresses) {
    const auto address = archive.get<IpAddress>();
    archive.get(inserting_owner_);
    for (std::uint64_t links = archive.get_count(); links > 0 && archive.good(); --links) {
      Link link;
      link.name = intern(archive.get_text(), now_ns);
      archive.get(link.pid);
      archive.get(link.learned_ns);
      archive.get(link.expires_ns);
      archive.get(link.answer_uid);
      if (link.name == NamePool::kNone) continue;
      add(address, link, now_ns);
      names_.release(link.name);
    }
  }
}

void DnsTracker::save(ArchiveWriter& archive) const {
  archive.put(last_uid_);
  put_entries(archive, questions_);
  put_entries(archive, queries_);
}

void DnsTracker::restore(ArchiveReader& archive) {
  archive.get(last_uid_);
  get_entries(archive, questions_);
  get_entries(archive, queries_);
}

void UnitResolver::save(ArchiveWriter& archive) const {
  archive.put(std::uint64_t{by_cgroup_.size()});
  by_cgroup_.for_each([&](std::uint64_t cgroup_id, const Entry& entry) {
    archive.put(cgroup_id);
    put(archive, entry.unit);
    archive.put(entry.look_again_ns);
  });
  archive.put(std::uint64_t{by_process_.size()});
  by_process_.for_each([&](const ProcessKey& process, const Entry& entry) {
    archive.put(process);
    put(archive, entry.unit);
    archive.put(entry.look_again_ns);
  });
}

void UnitResolver::restore(ArchiveReader& archive) {
  const auto get_entry = [&](Entry& entry) {
    get(archive, entry.unit);
    archive.get(entry.look_again_ns);
  };
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left)
    get_entry(*by_cgroup_.find_or_insert(archive.get<std::uint64_t>()));
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left)
    get_entry(*by_process_.find_or_insert(archive.get<ProcessKey>()));
}

}  // namespace egresswatch::correlate
