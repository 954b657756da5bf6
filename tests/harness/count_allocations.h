// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces operator new of the whole test program, to show that a path does not allocate. Include it in one source file
// of the program only: a replacement cannot be inline.
namespace egresswatch::testing {

inline std::size_t g_allocations = 0;

}  // namespace egresswatch::testing

// The array forms of the library end in these.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++egresswatch::testing::g_allocations;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
