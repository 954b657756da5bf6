// SPDX-License-Identifier: Apache-2.0
#include "capture/ring_memory.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace egresswatch::capture {

Result<RingMemory> RingMemory::map(int map_fd) {
  bpf_map_info info{};
  std::uint32_t length = sizeof info;
  if (bpf_obj_get_info_by_fd(map_fd, &info, &length) != 0)
    return Error::from_errno(errno, "asking for the ring buffer");
  RingMemory self;
  self.page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  self.size_ = info.max_entries;
  void* consumer = ::mmap(nullptr, self.page_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) return Error::from_errno(errno, "mapping the ring buffer");
  self.consumer_ = static_cast<std::uint64_t*>(consumer);
  void* rest =
      ::mmap(nullptr, self.page_ + 2 * self.size_, PROT_READ, MAP_SHARED, map_fd, static_cast<off_t>(self.page_));
  if (rest == MAP_FAILED) return Error::from_errno(errno, "mapping the ring buffer");
  self.producer_page_ = static_cast<const std::byte*>(rest);
  self.data_ = self.producer_page_ + self.page_;
  self.position_ = self.released_ = __atomic_load_n(self.consumer_, __ATOMIC_RELAXED);
  return self;
}

RingMemory::RingMemory(RingMemory&& other) noexcept
    : consumer_(std::exchange(other.consumer_, nullptr)),
      producer_page_(std::exchange(other.producer_page_, nullptr)),
      data_(other.data_),
      page_(other.page_),
      size_(other.size_),
      position_(other.position_),
      released_(other.released_) {}

RingMemory::~RingMemory() {
  if (consumer_) ::munmap(consumer_, page_);
  if (producer_page_) ::munmap(const_cast<std::byte*>(producer_page_), page_ + 2 * size_);
}

std::uint64_t RingMemory::produced() const {
  return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(producer_page_), __ATOMIC_ACQUIRE);
}

RingMemory::Slot RingMemory::peek() const {
  if (position_ >= produced()) return {};
  const std::byte* const header = data_ + (position_ & (size_ - 1));
  const std::uint32_t word = __atomic_load_n(reinterpret_cast<const std::uint32_t*>(header), __ATOMIC_ACQUIRE);
  // reserved and not yet written: what comes behind waits for it
  if (word & BPF_RINGBUF_BUSY_BIT) return {};
  const std::size_t bytes = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  constexpr std::uint64_t kAlignment = 8;
  return {.ready = true,
          .discarded = (word & BPF_RINGBUF_DISCARD_BIT) != 0,
          .bytes = {header + BPF_RINGBUF_HDR_SZ, bytes},
          .size = (bytes + BPF_RINGBUF_HDR_SZ + kAlignment - 1) & ~(kAlignment - 1)};
}

bool RingMemory::skip_to(std::uint64_t position) {
  if (position < position_ || position > produced()) return false;
  position_ = position;
  return true;
}

void RingMemory::release() {
  released_ = position_;
  __atomic_store_n(consumer_, position_, __ATOMIC_RELEASE);
}

}  // namespace egresswatch::capture
