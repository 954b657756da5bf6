// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program, counts its heap allocations and writes their number to the file that ALLOCATIONS_FILE names
// when the program ends. A library's operator new ends in these too.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>

// glibc's own names of what is replaced here.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::atomic<unsigned long long> g_allocations;

void count() { g_allocations.fetch_add(1, std::memory_order_relaxed); }

struct Report {
  ~Report() {
    const char* path = std::getenv("ALLOCATIONS_FILE");
    if (!path) return;
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, g_allocations.load()).ptr;
    (void)!::write(fd, digits, static_cast<std::size_t>(end - digits));
    ::close(fd);
  }
} g_report;

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}
}
