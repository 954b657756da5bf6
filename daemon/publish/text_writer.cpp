// SPDX-License-Identifier: Apache-2.0
#include "publish/text_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/utf8.h"
#include "publish/seconds.h"

namespace egresswatch::publish {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;

// In every byte of the result the highest bit is set if that byte of `word` is not printable ASCII, or is a quote or a
// backslash. Where one is, carries and borrows may set it in others too.
constexpr std::uint64_t unusual_bytes(std::uint64_t word) {
  const auto zeros = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
  const std::uint64_t below_space = word - ' ' * kOnes;
  const std::uint64_t above_tilde = word | (word + kOnes);
  return (below_space | above_tilde | zeros(word ^ ('"' * kOnes)) | zeros(word ^ ('\\' * kOnes))) & (0x80 * kOnes);
}

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Whether text can be written as it is. Nearly every name can, and is looked at eight bytes at a time.
bool is_plain(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t unusual = 0;
  if (text.size() < kWord) {
    for (const char c : text) unusual |= unusual_bytes(' ' * kOnes ^ ' ' ^ static_cast<unsigned char>(c));
    return unusual == 0;
  }
  const char* last = text.data() + text.size() - kWord;
  for (const char* at = text.data(); at < last; at += kWord) unusual |= unusual_bytes(load(at));
  return (unusual | unusual_bytes(load(last))) == 0;
}

char* put(char* at, std::string_view text) { return at + text.copy(at, text.size()); }

char* put_label_value(char* at, std::string_view value) {
  if (value.size() <= kMaxLabelBytes && is_plain(value)) return put(at, value);
  std::string scratch;
  // line breaks, which need an escape too, are not clean
  for (const char c : utf8::clean(value, kMaxLabelBytes, scratch)) {
    if (c == '"' || c == '\\') *at++ = '\\';
    *at++ = c;
  }
  return at;
}

// The most that put_labels() takes.
std::size_t room_for(Labels labels) {
  constexpr std::string_view kAround = R"(,="")";
  std::size_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += name.size() + 2 * kMaxLabelBytes + kAround.size();
  return bytes;
}

// Each label with a comma behind it.
char* put_labels(char* at, Labels labels) {
  for (const auto& [name, value] : labels) {
    at = put(at, name);
    *at++ = '=';
    *at++ = '"';
    at = put_label_value(at, value);
    *at++ = '"';
    *at++ = ',';
  }
  return at;
}

// The longest double of kDigits is -1.234567890123456e-308, and the longest integer has 20 digits.
constexpr std::size_t kMaxValueBytes = 24;

char* put_value(char* at, double value) {
  constexpr int kDigits = std::numeric_limits<double>::max_digits10 - 1;
  if (std::isnan(value)) return put(at, "Nan");
  if (std::isinf(value)) return put(at, value < 0 ? "-Inf" : "+Inf");
  return std::to_chars(at, at + kMaxValueBytes, value, std::chars_format::general, kDigits).ptr;
}

char* put_count(char* at, std::uint64_t count) { return std::to_chars(at, at + kMaxValueBytes, count).ptr; }

// A sample is a double. Below 2^53 it holds every integer, and above it is not written like one.
char* put_value(char* at, std::uint64_t value) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << std::numeric_limits<double>::digits;
  return value <= kExact ? put_count(at, value) : put_value(at, static_cast<double>(value));
}

std::string_view type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "untyped";
  }
}

}  // namespace

std::string_view LabelTexts::get(std::uint32_t number, Labels labels) {
  if (number >= places_.size()) places_.resize(number + std::size_t{1});
  Place& place = places_[number];
  if (place.size == 0) {
    if (const std::size_t most = room_for(labels); scratch_.size() < most) scratch_.resize(most);
    const char* end = put_labels(scratch_.data(), labels);
    place = {text_.size(), static_cast<std::size_t>(end - scratch_.data())};
    text_.append(scratch_.data(), place.size);
  }
  return std::string_view(text_).substr(place.begin, place.size);
}

TextWriter::TextWriter(std::size_t expected_bytes) {
  constexpr std::size_t kChunkBytes = 16'384;  // stays in the cache
  text_.reserve(expected_bytes);
  chunk_.resize(kChunkBytes);
}

void TextWriter::family(const MetricInfo& info) {
  info_ = &info;
  name_ = info.name;
  has_head_ = false;
}

// The comma behind the last label becomes the closing brace.
template <typename PutValue>
void TextWriter::line(std::string_view suffix, std::string_view label_text, Labels labels, PutValue put_value) {
  if (!has_head_) write_head();
  char* at = room(name_.size() + suffix.size() + label_text.size() + room_for(labels) + kMaxValueBytes + 3);
  at = put(put(at, name_), suffix);
  char* const brace = at++;
  at = put_labels(put(at, label_text), labels);
  if (at == brace + 1) {
    *brace = ' ';
  } else {
    *brace = '{';
    at[-1] = '}';
    *at++ = ' ';
  }
  at = put_value(at);
  *at++ = '\n';
  used_ = static_cast<std::size_t>(at - chunk_.data());
}

void TextWriter::sample(std::string_view label_text, Labels labels, std::uint64_t value) {
  line({}, label_text, labels, [value](char* at) { return put_value(at, value); });
}

void TextWriter::sample(std::string_view label_text, Labels labels, double value) {
  line({}, label_text, labels, [value](char* at) { return put_value(at, value); });
}

void TextWriter::histogram(Labels labels, const account::Histogram& histogram) {
  LabelTexts texts;
  const std::string_view common = texts.get(0, labels);
  line("_count", common, {}, [&](char* at) { return put_count(at, histogram.count()); });
  line("_sum", common, {}, [&](char* at) { return put_value(at, seconds(histogram.sum_ns())); });

  const auto bounds = histogram.bounds_ns();
  const auto counts = histogram.counts();
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulated += counts[i];
    std::array<char, kMaxValueBytes> bound;
    const char* end =
        put_value(bound.data(), i < bounds.size() ? seconds(bounds[i]) : std::numeric_limits<double>::infinity());
    line("_bucket", common, {{"le", {bound.data(), end}}}, [cumulated](char* at) { return put_count(at, cumulated); });
  }
}

std::string TextWriter::take() && {
  flush();
  return std::move(text_);
}

void TextWriter::write_head() {
  has_head_ = true;
  flush();
  text_.append("# HELP ").append(name_).append(" ").append(info_->help);
  text_.append("\n# TYPE ").append(name_).append(" ").append(type_name(info_->type)).append("\n");
}

char* TextWriter::room(std::size_t bytes) {
  if (chunk_.size() - used_ < bytes) {
    flush();
    if (chunk_.size() < bytes) chunk_.resize(bytes);
  }
  return chunk_.data() + used_;
}

void TextWriter::flush() {
  text_.append(chunk_.data(), used_);
  used_ = 0;
}

}  // namespace egresswatch::publish
