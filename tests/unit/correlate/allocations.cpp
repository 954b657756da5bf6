// SPDX-License-Identifier: Apache-2.0
#include "allocations.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

std::uint64_t count = 0;
std::size_t bytes = 0;

void* try_take(std::size_t size) {
  void* memory = std::malloc(size ? size : 1);
  if (memory == nullptr) return nullptr;
  ++count;
  bytes += ::malloc_usable_size(memory);
  return memory;
}

void* take(std::size_t size) {
  void* memory = try_take(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
// std::stable_sort takes this one
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return try_take(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

namespace egresswatch::test {

std::uint64_t allocation_count() { return count; }
std::size_t allocated_bytes() { return bytes; }

}  // namespace egresswatch::test
