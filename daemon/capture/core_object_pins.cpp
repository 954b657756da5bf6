// SPDX-License-Identifier: Apache-2.0
// What outlives the process: see pins.h.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "capture/core_object.h"
#include "core.skel.h"

namespace egresswatch::capture {
namespace {

constexpr std::string_view kLinkPrefix = "link-";
constexpr const char* kSharedPin = "shared";

// The maps in which something is kept between two events. A pin has no dot in its name (kernel/bpf/inode.c).
std::array<std::pair<const char*, bpf_map*>, 7> kept_maps(const core& skeleton) {
  const auto& maps = skeleton.maps;
  return {{{"events", maps.events},
           {"sockets", maps.sockets},
           {"senders", maps.senders},
           {"flows", maps.flows},
           {"lost_attempts", maps.lost_attempts},
           {"totals", maps.totals},
           {kSharedPin, maps.data_wakeup}}};
}

bool same_shape(int fd, const bpf_map* map) {
  bpf_map_info info{};
  std::uint32_t length = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.type == bpf_map__type(map) &&
         info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
         info.max_entries == bpf_map__max_entries(map);
}

}  // namespace

// All of them or none: a ring without the table of its sockets tells half of the story.
bool CoreObject::adopt_maps() {
  std::vector<std::pair<bpf_map*, UniqueFd>> found;
  std::uint32_t working = 0;
  for (const auto& [name, map] : kept_maps(*skeleton_)) {
    UniqueFd fd = pins_->get(name);
    if (!fd || !same_shape(fd.get(), map)) break;
    if (name == kSharedPin) {
      // as it lies in the section, of which the linker leaves more than one variable
      std::vector<std::byte> section(bpf_map__value_size(map));
      const std::uint32_t key = 0;
      if (bpf_map_lookup_elem(fd.get(), &key, section.data()) != 0) break;
      using Section = std::remove_pointer_t<decltype(skeleton_->data_wakeup)>;
      std::memcpy(&working, section.data() + offsetof(Section, wakeup) + offsetof(egw_wakeup, generation),
                  sizeof working);
    }
    found.emplace_back(map, std::move(fd));
  }
  const bool all = found.size() == kept_maps(*skeleton_).size() && std::ranges::all_of(found, [](const auto& kept) {
                     return bpf_map__reuse_fd(kept.first, kept.second.get()) == 0;
                   });
  skeleton_->rodata->generation = all ? working + 1 : 1;
  if (!all) pins_->remove_if([](std::string_view) { return true; });
  return all;
}

void CoreObject::pin_maps() {
  for (const auto& [name, map] : kept_maps(*skeleton_))
    if (auto pinned = pins_->pin(bpf_map__fd(map), name); !pinned) return give_up_pins(pinned.error());
}

bool CoreObject::update_pinned_link(const bpf_program* program, const std::string& pin) {
  UniqueFd link = pins_->get(pin);
  if (!link || bpf_link_update(link.get(), bpf_program__fd(program), nullptr) != 0) return false;
  kept_links_.push_back(std::move(link));
  pinned_links_.push_back(pin);
  return true;
}

void CoreObject::keep_pinned(int fd, const std::string& pin) {
  if (auto pinned = pins_->pin(fd, pin); !pinned) return give_up_pins(pinned.error());
  pinned_links_.push_back(pin);
}

// From the programs of an earlier process to these, in one store.
void CoreObject::change_over() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  shared().generation = skeleton_->rodata->generation;
  if (!pins_) return;
  pins_->remove_if([this](std::string_view name) {
    return name.starts_with(kLinkPrefix) && std::ranges::find(pinned_links_, name) == pinned_links_.end();
  });
  pins_->remove_others();
}

// This process has open what it needs: that works until the process ends.
void CoreObject::give_up_pins(const Error& error) {
  pin_failure_ = error.message;
  pins_->remove_if([](std::string_view) { return true; });
  pins_ = nullptr;
}

}  // namespace egresswatch::capture
