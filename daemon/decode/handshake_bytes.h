// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The handshake inside of TLS records. Internal to the module.
namespace egresswatch::decode {

// Reads the content of consecutive handshake records as if there were no records (RFC 8446 section 5.1: a message may
// be cut anywhere by the header of a record, and no record of another type may come in between).
//
// The first failure stays: reads after it give zeros and copy nothing, so that a parser looks at ok() only where it
// loops or keeps what it read.
class HandshakeBytes {
 public:
  enum class State : std::uint8_t {
    ok,
    cut,      // the bytes ended, at a place where more could follow
    foreign,  // what is there is not what it must be
  };

  // `sent` begins with the header of a record.
  explicit HandshakeBytes(std::span<const std::byte> sent) : sent_(sent) {}

  // Nothing behind the next `count` bytes is read: to need more of them is foreign.
  void limit(std::uint32_t count) { left_ = count; }
  // What may still be read; only after limit().
  [[nodiscard]] std::uint32_t left() const { return left_; }

  // An unsigned number in network byte order; `bytes` is 1 to 4.
  std::uint32_t number(unsigned bytes);
  void skip(std::uint32_t count);
  void copy(std::span<char> to);
  // Makes the state foreign unless the condition holds, but a cut stays a cut.
  void require(bool holds) {
    if (!holds && state_ == State::ok) state_ = State::foreign;
  }

  [[nodiscard]] bool ok() const { return state_ == State::ok; }
  [[nodiscard]] State state() const { return state_; }
  // Headers of records that were read.
  [[nodiscard]] std::uint32_t records() const { return records_; }

 private:
  bool spend(std::uint32_t count);
  bool next_record();
  // The next bytes that lie side by side: 1 to `count` of them, none after a failure.
  std::span<const std::byte> take(std::uint32_t count);

  std::span<const std::byte> sent_;    // behind the part of the current record that is there
  std::span<const std::byte> record_;  // what is there of the current record and was not read
  std::uint32_t missing_ = 0;          // what is not there of the current record
  std::uint32_t left_ = UINT32_MAX;
  std::uint32_t records_ = 0;
  State state_ = State::ok;
};

}  // namespace egresswatch::decode
