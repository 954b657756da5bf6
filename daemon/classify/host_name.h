// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "egresswatch/model/host_pattern.h"

namespace egresswatch::classify {

// A host name cut into labels, to be hashed and compared without regard to case. It holds the name in lower case,
// folded eight bytes at a time.
class HostName {
 public:
  // False for what cannot be a host name: empty, longer than 253 bytes, with an empty label, or with an escape (RFC
  // 4343 section 2.1: a dot after a backslash is part of its label). A final dot is dropped.
  bool assign(std::string_view host) {
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (host.empty() || host.size() > HostPattern::kMaxName) return false;
    size_ = host.size();
    label_count_ = 0;
    std::size_t begin = 0;
    std::size_t at = 0;
    for (; at < size_; at += kWord) {
      const std::uint64_t word = word_of(host, at);
      if (bytes_equal(word, '\\') != 0) return false;
      for (std::uint64_t dots = bytes_equal(word, '.'); dots != 0; dots &= dots - 1) {
        const std::size_t dot = at + static_cast<std::size_t>(std::countr_zero(dots)) / 8;
        if (dot == begin) return false;
        begins_[label_count_++] = static_cast<std::uint8_t>(begin);
        begin = dot + 1;
      }
      store(at, fold(word));
    }
    store(at, 0);
    if (begin == size_) return false;
    begins_[label_count_++] = static_cast<std::uint8_t>(begin);
    return true;
  }

  [[nodiscard]] std::size_t label_count() const { return label_count_; }

  // Label 0 is the leftmost.
  [[nodiscard]] std::string_view label(std::size_t index) const {
    const std::size_t begin = begins_[index];
    return text().substr(begin, label_end(index) - begin);
  }

  // The hash of the labels from `index` on, given that of the labels behind it.
  [[nodiscard]] std::uint64_t hash(std::size_t index, std::uint64_t behind) const {
    const std::size_t begin = begins_[index];
    const std::size_t end = label_end(index);
    // the first word has a multiplier of its own: a label of two words is not two labels
    std::uint64_t hash = mix(behind, load(begin, end), 0x9E3779B97F4A7C15);
    for (std::size_t at = begin + kWord; at < end; at += kWord) hash = mix(hash, load(at, end), 0xD6E8FEB86659FD93);
    return hash;
  }

  // Whether label 0 is `prefix`, which is in lower case, and more.
  [[nodiscard]] bool first_label_continues(std::string_view prefix) const {
    return label_end(0) > prefix.size() && text().starts_with(prefix);
  }

  // Whether the name is `suffix`, which is in lower case, or ends in it behind a dot.
  [[nodiscard]] bool ends_in(std::string_view suffix) const {
    if (!text().ends_with(suffix)) return false;
    const std::size_t begin = size_ - suffix.size();
    return begin == 0 || text_[begin - 1] == '.';
  }

 private:
  static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  static constexpr std::uint64_t kOnes = 0x0101010101010101;
  static constexpr std::uint64_t kHigh = 0x80 * kOnes;
  static constexpr std::uint64_t kLow = ~kHigh;

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

  [[nodiscard]] std::size_t label_end(std::size_t index) const {
    return index + 1 == label_count_ ? size_ : begins_[index + 1] - std::size_t{1};
  }

  // Eight bytes of the host, zeros behind its end.
  static std::uint64_t word_of(std::string_view host, std::size_t at) {
    std::uint64_t word = 0;
    if (at + kWord <= host.size()) {
      std::memcpy(&word, host.data() + at, kWord);
    } else if (host.size() >= kWord) {
      // the word that ends with the host, without what is in front
      std::memcpy(&word, host.data() + host.size() - kWord, kWord);
      word >>= 8 * (at + kWord - host.size());
    } else {
      std::memcpy(&word, host.data(), host.size());
    }
    return word;
  }

  void store(std::size_t at, std::uint64_t word) { std::memcpy(text_.data() + at, &word, kWord); }

  // The bytes from `at` up to `end`, at most eight, then zeros.
  [[nodiscard]] std::uint64_t load(std::size_t at, std::size_t end) const {
    std::uint64_t word;
    std::memcpy(&word, text_.data() + at, kWord);
    const std::size_t size = end - at;
    return size >= kWord ? word : word & ~(~std::uint64_t{0} << (8 * size));
  }

  // Not keyed: what strangers send is looked up and never stored, and a match is compared as text in the end.
  static constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word, std::uint64_t multiplier) {
    hash = (hash ^ word) * multiplier;
    return hash ^ (hash >> 32);
  }

  // 0x80 in each byte that equals c, 0 in the others.
  static constexpr std::uint64_t bytes_equal(std::uint64_t word, char c) {
    const std::uint64_t difference = word ^ (static_cast<unsigned char>(c) * kOnes);
    return ~(((difference & kLow) + kLow) | difference | kLow);
  }

  // A to Z become lower case; all other bytes stay.
  static constexpr std::uint64_t fold(std::uint64_t word) {
    const std::uint64_t low = word & kLow;
    const std::uint64_t from_a = low + (0x80 - 'A') * kOnes;
    const std::uint64_t after_z = low + (0x7f - 'Z') * kOnes;
    const std::uint64_t upper = (from_a ^ after_z) & ~word & kHigh;
    return word | upper >> 2;  // 0x80 becomes 0x20, the bit between A and a
  }

  // Only what assign() wrote is ever read: size_ bytes, then zeros for a word at least.
  std::array<char, (HostPattern::kMaxName / kWord + 2) * kWord> text_;
  std::array<std::uint8_t, HostPattern::kMaxName / 2 + 1> begins_;
  std::size_t size_ = 0;
  std::size_t label_count_ = 0;
};

}  // namespace egresswatch::classify
