// SPDX-License-Identifier: Apache-2.0
#include "publish/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace egresswatch::publish {
namespace {

constexpr std::string_view kWhiteSpace = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

// The part before the separator, which is removed from text together with it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(part);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

// weight = OWS ";" OWS "q=" qvalue, with qvalue from 0 to 1 and at most three decimals: above zero if any digit is.
bool weight_above_zero(std::string_view parameter) {
  if (parameter.size() < 3 || !equal_ignoring_case(parameter.substr(0, 2), "q=")) return false;
  const std::string_view value = parameter.substr(2);
  if (value.find_first_not_of("01.23456789") != std::string_view::npos) return false;
  return value.find_first_of("123456789") != std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view element = take_until(accept_encoding, ',');
    const std::string_view coding = take_until(element, ';');
    const bool wanted = element.empty() || weight_above_zero(trim(element));
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) named = wanted;
    if (coding == "*") any = wanted;
  }
  return named.value_or(any);
}

Result<std::string> gzip(std::string_view text) {
  constexpr int kGzipWindow = 15 + 16;  // largest window, with gzip's header and not zlib's
  constexpr int kMemoryLevel = 8;
  constexpr std::size_t kPieceBytes = 65'536;
  if (text.size() > std::numeric_limits<uInt>::max()) return Error{"too long to compress"};
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{"zlib could not start to compress"};

  // zlib does not write through next_in, it only lacks the const
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  // Metrics shrink to a tenth and less: room for the worst case would be memory for nothing.
  std::string out;
  std::string piece(kPieceBytes, '\0');
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = ::deflate(&stream, Z_FINISH);
    out.append(piece, 0, piece.size() - stream.avail_out);
  }
  ::deflateEnd(&stream);
  if (result != Z_STREAM_END) return Error{"zlib could not compress"};
  return {boost::system::in_place_value, std::move(out)};  // a string alone could also become an Error
}

}  // namespace egresswatch::publish
