// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// What this test program has taken from operator new, which allocations.cpp replaces.
namespace egresswatch::test {

std::uint64_t allocation_count();
std::size_t allocated_bytes();  // that are not freed yet, as the allocator rounds them

}  // namespace egresswatch::test
