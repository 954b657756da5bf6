// SPDX-License-Identifier: Apache-2.0
#include "correlate/name_table.h"

#include <algorithm>

#include "correlate/host_name.h"

namespace egresswatch::correlate {

NameTable::NameTable(std::size_t capacity_addresses, Options options)
    : options_(options),
      links_capacity_(std::max<std::size_t>(capacity_addresses, 1) * 2),
      names_(capacity_addresses),
      slots_by_address_(capacity_addresses),
      shares_(capacity_addresses) {}

std::uint64_t NameTable::learn(const DnsMessage& answer, const Asker& asker, std::uint64_t now_ns) {
  if (!answer.response || answer.address_count == 0) return 0;
  const std::uint64_t uid = last_uid_ + 1;
  inserting_owner_ = asker.owner;
  const bool added =
      learn_all(answer.question, answer.address_count, {.pid = asker.pid, .learned_ns = now_ns, .answer_uid = uid},
                [&](std::size_t i, Link& link) {
                  const auto& [address, ttl_s] = answer.addresses[i];
                  const std::uint64_t ttl_ns = std::min(ttl_s, kTtlCeilingS) * 1'000'000'000ULL;
                  link.expires_ns = now_ns + std::max(ttl_ns, options_.ttl_floor_ns);
                  return address;
                });
  if (!added) return 0;
  last_uid_ = uid;
  return uid;
}

void NameTable::learn_lookup(std::string_view name, std::span<const IpAddress> addresses, const Asker& asker,
                             std::uint64_t now_ns) {
  HostNameBuffer buffer;
  const std::string_view host = normalise_host_name(name, buffer);
  if (host.empty()) {
    ++counters_.refused_names;
    return;
  }
  inserting_owner_ = asker.owner;
  learn_all(host, addresses.size(),
            {.pid = asker.pid, .learned_ns = now_ns, .expires_ns = now_ns + options_.ttl_floor_ns},
            [&](std::size_t i, Link&) { return addresses[i]; });
}

template <typename Each>
bool NameTable::learn_all(std::string_view name, std::size_t count, Link link, const Each& each) {
  link.name = intern(name, link.learned_ns);
  if (link.name == NamePool::kNone) {
    ++counters_.refused_names;
    return false;
  }
  bool added = false;
  for (std::size_t i = 0; i < count; ++i) {
    const IpAddress address = each(i, link);
    if (add(address, link, link.learned_ns))
      added = true;
    else
      ++counters_.refused_addresses;
  }
  names_.release(link.name);
  return added;
}

NameMatch NameTable::lookup(const IpAddress& address, std::uint32_t pid, std::uint64_t now_ns) {
  const Index* slot = slots_by_address_.peek(address);
  if (slot == nullptr) return {};
  const Address& entry = addresses_[*slot];

  const bool own_only = address.is_loopback() || address.is_unspecified();
  const Link* best = nullptr;
  NameMatch match;
  bool alive = false;
  for (Index i = entry.first_link; i != kNone; i = links_[i].next) {
    const Link& link = links_[i];
    if (!usable(entry, link, now_ns)) continue;
    alive = true;
    const NameSource by = source_for(link, pid, own_only);
    if (by == NameSource::none || (best != nullptr && by > match.source)) continue;
    // of two names from one source, one is compared with the other or with a third one
    match.ambiguous = by == match.source && (match.ambiguous || link.name != best->name);
    if (by == match.source && !link.newer_than(*best)) continue;
    best = &link;
    match.source = by;
  }
  if (!alive) {
    ++counters_.expired;
    remove(*slot);
  }
  if (best == nullptr) return {};

  match.name = names_.text(best->name);
  match.age_ns = now_ns > best->learned_ns ? now_ns - best->learned_ns : 0;
  match.answer_uid = best->answer_uid;
  return match;
}

// What this entry is to a process that connects to its address.
NameSource NameTable::source_for(const Link& link, std::uint32_t pid, bool own_only) {
  const bool own = pid != 0 && link.pid == pid;
  if (link.answer_uid == 0) return own ? NameSource::getaddrinfo : NameSource::none;
  if (own) return NameSource::dns_process;
  return own_only ? NameSource::none : NameSource::dns_host;
}

bool NameTable::pin(const IpAddress& address, std::uint64_t now_ns) {
  const Index* slot = slots_by_address_.peek(address);
  if (slot == nullptr) return false;
  const Address& entry = addresses_[*slot];
  Index i = entry.first_link;
  while (i != kNone && !usable(entry, links_[i], now_ns)) i = links_[i].next;
  if (i == kNone) return false;
  ++addresses_[*slot].pins;
  unpinned_.remove(*slot);
  return true;
}

void NameTable::unpin(const IpAddress& address) {
  const Index* slot = slots_by_address_.peek(address);
  if (slot == nullptr) return;
  Address& entry = addresses_[*slot];
  if (entry.pins > 0 && --entry.pins == 0) unpinned_.push(*slot, expiry_of(entry));
}

NamePool::Id NameTable::intern(std::string_view name, std::uint64_t now_ns) {
  NamePool::Id id = names_.intern(name);
  if (name.empty() || name.size() > NamePool::kMaxLength) return id;
  // A live address goes only if that can help: not where all cells of one length are taken.
  for (int i = 0; id == NamePool::kNone && i < kMaxEvictionsPerName; ++i) {
    if (!make_room(now_ns, names_.full())) break;
    id = names_.intern(name);
  }
  return id;
}

bool NameTable::add(const IpAddress& address, const Link& link, std::uint64_t now_ns) {
  Index slot = kNone;
  if (const Index* known = slots_by_address_.peek(address)) {
    slot = *known;
    unpinned_.remove(slot);  // so that making room does not take this very address
    add_name(addresses_[slot], link, now_ns);
    shares_.share(slot, inserting_owner_);
  } else {
    slot = insert_address(address, link, now_ns);
    if (slot == kNone) return false;
  }
  if (addresses_[slot].pins == 0) unpinned_.push(slot, expiry_of(addresses_[slot]));
  return true;
}

NameTable::Index NameTable::insert_address(const IpAddress& address, const Link& link, std::uint64_t now_ns) {
  const bool full = size() == capacity() || holds_its_most();
  if (full && !make_room(now_ns, true)) return kNone;
  const Index first_link = take_link(now_ns);
  if (first_link == kNone) return kNone;

  Index slot = free_slot_;
  if (slot == kNone) {
    grow_within(addresses_, capacity());
    addresses_.emplace_back();
    slot = static_cast<Index>(addresses_.size() - 1);
  } else {
    free_slot_ = addresses_[slot].first_link;
  }
  *slots_by_address_.find_or_insert(address) = slot;  // there is room
  addresses_[slot] = {address, kNone, 0};
  shares_.add(slot, inserting_owner_);
  prepend(addresses_[slot], first_link, link);
  return slot;
}

void NameTable::add_name(Address& entry, const Link& link, std::uint64_t now_ns) {
  std::size_t count = 0;
  Index replaceable = kNone;
  for (Index i = entry.first_link; i != kNone; i = links_[i].next, ++count) {
    Link& known = links_[i];
    if (known.name == link.name && known.pid == link.pid) {
      known.learned_ns = link.learned_ns;
      known.expires_ns = std::max(known.expires_ns, link.expires_ns);
      // a lookup behind a DNS answer is told by that answer
      if (link.answer_uid != 0) known.answer_uid = link.answer_uid;
      return;
    }
    if (!usable(entry, known, now_ns)) replaceable = i;
  }
  if (replaceable == kNone && count < options_.names_per_address) {
    if (const Index fresh = take_link(now_ns); fresh != kNone) return prepend(entry, fresh, link);
  }
  if (replaceable == kNone) {
    replaceable = most_redundant(entry.first_link, link);
    ++counters_.displaced;
  }
  names_.retain(link.name);
  names_.release(links_[replaceable].name);
  const Index next = links_[replaceable].next;
  links_[replaceable] = link;
  links_[replaceable].next = next;
}

// The name to give up for another: of those that repeat the same name, or come from the same process, most often; the
// oldest of equals. So neither one process that asks for many names, nor many short processes that ask for the same
// name, push out what another process knows this address by.
NameTable::Index NameTable::most_redundant(Index first, const Link& added) const {
  Index worst = first;
  int worst_score = 0;
  for (Index i = first; i != kNone; i = links_[i].next) {
    int same_name = links_[i].name == added.name ? 1 : 0;
    int same_pid = links_[i].pid == added.pid ? 1 : 0;
    for (Index j = first; j != kNone; j = links_[j].next) {
      if (links_[j].name == links_[i].name) ++same_name;
      if (links_[j].pid == links_[i].pid) ++same_pid;
    }
    const int score = std::max(same_name, same_pid);
    if (score < worst_score || (score == worst_score && !links_[worst].newer_than(links_[i]))) continue;
    worst = i;
    worst_score = score;
  }
  return worst;
}

bool NameTable::usable(const Address& entry, const Link& link, std::uint64_t now_ns) const {
  return entry.pins > 0 || now_ns < link.expires_ns;
}

std::uint64_t NameTable::expiry_of(const Address& entry) const {
  std::uint64_t latest = 0;
  for (Index i = entry.first_link; i != kNone; i = links_[i].next) latest = std::max(latest, links_[i].expires_ns);
  return latest;
}

NameTable::Index NameTable::take_link(std::uint64_t now_ns) {
  if (free_link_ == kNone && links_.size() < links_capacity_) {
    grow_within(links_, links_capacity_);
    links_.emplace_back();
    return static_cast<Index>(links_.size() - 1);
  }
  if (free_link_ == kNone && !make_room(now_ns, true)) return kNone;
  const Index taken = free_link_;
  free_link_ = links_[taken].next;
  return taken;
}

void NameTable::prepend(Address& entry, Index index, const Link& link) {
  names_.retain(link.name);
  links_[index] = link;
  links_[index].next = entry.first_link;
  entry.first_link = index;
}

// Whoever is not known is many: of them there is only what others leave.
bool NameTable::holds_its_most() const { return inserting_owner_ != 0 && shares_.has_most(inserting_owner_); }

bool NameTable::make_room(std::uint64_t now_ns, bool even_live) {
  if (unpinned_.empty()) return false;
  // what has expired is nobody's any more, but would not bring an owner below its limit
  const bool own = holds_its_most();
  if (!own && unpinned_.first_expiry_ns() <= now_ns) {
    ++counters_.expired;
    remove(unpinned_.first());
    return true;
  }
  if (!even_live && !own) return false;
  const Index victim = shares_.victim(inserting_owner_, [this](Index slot) { return unpinned_.contains(slot); });
  if (victim == kNone) return false;
  ++(expiry_of(addresses_[victim]) <= now_ns ? counters_.expired : counters_.evicted);
  remove(victim);
  return true;
}

void NameTable::remove(Index slot) {
  Address& entry = addresses_[slot];
  for (Index i = entry.first_link; i != kNone;) {
    const Index next = links_[i].next;
    names_.release(links_[i].name);
    links_[i].next = free_link_;
    free_link_ = i;
    i = next;
  }
  slots_by_address_.erase(entry.address);
  unpinned_.remove(slot);
  shares_.remove(slot);
  entry.first_link = free_slot_;
  free_slot_ = slot;
}

}  // namespace egresswatch::correlate
