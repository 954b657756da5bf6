// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace egresswatch::decode {

// Puts DNS messages over TCP together again (two-byte length in front of each, RFC 1035 section 4.2.2, RFC 7766) from
// the segments of one direction of one connection. One object is about 4 KB and never allocates; reset() makes it ready
// for another connection.
//
// The first segment is taken to begin with a message. Duplicates and overlaps are dropped: the bytes that came first
// count. A gap that lies within one message costs that message. A gap that hides where the next message begins loses
// the stream, until a segment arrives that carries the last position where one was known to begin: a late segment or a
// retransmission. There is no queue for early segments.
class DnsStream {
 public:
  static constexpr std::size_t kMaxMessage = 4096;  // longer messages are skipped

  struct Counts {
    std::uint64_t messages = 0;  // handed out, empty ones too
    std::uint64_t too_long = 0;  // skipped for their length
    std::uint64_t damaged = 0;   // given up because of a gap inside
    std::uint64_t lost = 0;      // times the stream was lost
  };

  // Takes the payload of one segment. `seq` is the sequence number of its first byte; `original_length` how long it was
  // on the wire, of which `bytes` is the front. Calls on_message(std::span<const std::byte>) for each message that this
  // completes; the view is valid during the call, which must not use this object.
  template <typename OnMessage>
  void push(std::uint32_t seq, std::span<const std::byte> bytes, std::size_t original_length, OnMessage&& on_message) {
    begin(seq, bytes, original_length);
    while (const auto message = next()) on_message(*message);
    end();
  }

  // Ready for another connection, counts at zero.
  void reset() {
    state_ = {};
    counts_ = {};
  }

  // Whether segments are dropped because nobody knows where the next message begins.
  [[nodiscard]] bool lost() const { return state_.lost; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  static constexpr std::uint32_t kPrefix = 2;

  struct State {
    bool started = false;
    bool lost = false;           // then `position` is where a message is known to begin
    bool skipping = false;       // the rest of this message is not wanted
    std::uint32_t position = 0;  // sequence number of the next byte that is wanted
    std::uint32_t taken = 0;     // bytes of this message before `position`, its prefix included
    std::uint32_t length = 0;    // as the prefix says; known when taken >= kPrefix
  };

  void begin(std::uint32_t seq, std::span<const std::byte> bytes, std::size_t original_length);
  std::optional<std::span<const std::byte>> next();
  void end();

  bool read_prefix();
  void skip_to(std::uint32_t seq);
  void start_message();
  std::span<const std::byte> take(std::size_t count);
  // How much of this message is still to come; only where its length is known.
  [[nodiscard]] std::uint32_t missing() const { return kPrefix + state_.length - state_.taken; }

  State state_;
  Counts counts_;
  // The segment being taken: what is left of it, and where it ended on the wire.
  std::span<const std::byte> input_;
  std::uint32_t input_end_ = 0;
  // The body of a message that came in parts.
  std::array<std::byte, kMaxMessage> buffer_;
};

}  // namespace egresswatch::decode
