// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

// What a process leaves for the next one of the same program on the same machine: values as they lie in memory, in the
// order in which they were put. Who reads must know that it was written by the same layout; the lengths are checked all
// the same.
namespace egresswatch {

template <typename T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

// Writes to a descriptor, which stays the caller's, in large pieces.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(int fd);

  template <Plain T>
  void put(const T& value) {
    put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    put_bytes(std::as_bytes(std::span(text)));
  }
  // The first error of all, if there was one.
  Result<> finish();

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;

  void put_bytes(std::span<const std::byte> bytes);
  void flush();

  int fd_;
  int error_ = 0;  // errno
  std::vector<std::byte> pending_;
};

// Reads from memory, which must outlive it. After the first thing that is not there everything is zero or empty, and
// good() false.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <Plain T>
  T get() {
    T value{};
    if (const auto bytes = take(sizeof value); !bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  template <Plain T>
  void get(T& value) {
    value = get<T>();
  }
  std::string_view get_text() {
    const auto bytes = take(get<std::uint32_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // A number of things of which each takes at least one byte: never more than there are bytes.
  std::uint64_t get_count() {
    const auto count = get<std::uint64_t>();
    if (count <= rest_.size()) return count;
    fail();
    return 0;
  }
  // For a value that cannot be.
  void fail() {
    good_ = false;
    rest_ = {};
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  std::span<const std::byte> rest_;
  bool good_ = true;
};

}  // namespace egresswatch
