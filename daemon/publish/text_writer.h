// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/snapshot.h"
#include "publish/metric_catalog.h"

namespace egresswatch::publish {

// Name and value. A value may be any bytes: it is cleaned (base/utf8.h) and escaped, so that it cannot forge a line.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The text of label sets that many samples share, by a small number of the caller's: made when it is asked for first.
class LabelTexts {
 public:
  // The text of the set with this number, which always has the same labels. Valid until the next call.
  std::string_view get(std::uint32_t number, Labels labels);

 private:
  struct Place {
    std::size_t begin = 0;
    std::size_t size = 0;  // 0: not made yet
  };
  std::string text_;  // one set behind the other
  std::vector<Place> places_;
  std::string scratch_;
};

// Writes the Prometheus text format 0.0.4 as prometheus::TextSerializer does, byte for byte, for metrics of which there
// may be 100,000: that one takes microseconds for each.
class TextWriter {
 public:
  // expected_bytes: about how long the text will be; any number works.
  explicit TextWriter(std::size_t expected_bytes = 0);

  // What follows are samples of this metric. Nothing is written before there is one: a name without samples tells a
  // reader nothing.
  void family(const MetricInfo& info);

  // Counters and gauges.
  void sample(Labels labels, std::uint64_t value) { sample({}, labels, value); }
  void sample(Labels labels, double value) { sample({}, labels, value); }
  // label_text: of LabelTexts; it comes before the labels.
  void sample(std::string_view label_text, Labels labels, std::uint64_t value);
  void sample(std::string_view label_text, Labels labels, double value);

  void histogram(Labels labels, const account::Histogram& histogram);

  // All that was written.
  std::string take() &&;

 private:
  template <typename PutValue>
  void line(std::string_view suffix, std::string_view label_text, Labels labels, PutValue put_value);
  void write_head();
  char* room(std::size_t bytes);
  void flush();

  std::string text_;
  std::string chunk_;     // what is not in text_ yet is put together here, without a look at the room for every piece
  std::size_t used_ = 0;  // of chunk_
  const MetricInfo* info_ = nullptr;
  std::string_view name_;
  bool has_head_ = false;
};

}  // namespace egresswatch::publish
