// SPDX-License-Identifier: Apache-2.0
// Names that processes and hosts chose, as label values: what prometheus-cpp's serializer writes is what we write. The
// first eight bytes are the value; the others are the labels, split at each 0xFF.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "fuzz/require.h"
#include "publish/text_writer.h"

namespace {

constexpr egresswatch::publish::MetricInfo kInfo{"some_things", prometheus::MetricType::Gauge, "Things."};

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t number = 0;
  const std::size_t taken = std::min(size, sizeof number);
  std::copy_n(data, taken, reinterpret_cast<std::uint8_t*>(&number));
  std::string_view rest(reinterpret_cast<const char*>(data) + taken, size - taken);
  const std::string_view host = take_until(rest, '\xFF');
  const std::string_view unit = rest;

  egresswatch::publish::LabelTexts texts;
  egresswatch::publish::TextWriter writer;
  writer.family(kInfo);
  writer.sample({{"host", host}, {"unit", unit}}, std::bit_cast<double>(number));
  writer.sample(texts.get(3, {{"host", host}}), {{"unit", unit}}, number);
  const std::string ours = std::move(writer).take();

  prometheus::MetricFamily family{kInfo.name, kInfo.help, kInfo.type, {}};
  std::string scratch;
  for (const double value : {std::bit_cast<double>(number), static_cast<double>(number)}) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : {std::pair{"host", host}, std::pair{"unit", unit}})
      metric.label.push_back(
          {name, std::string(egresswatch::utf8::clean(text, egresswatch::publish::kMaxLabelBytes, scratch))});
    metric.gauge.value = value;
    family.metric.push_back(metric);
  }
  require(ours == prometheus::TextSerializer().Serialize({family}), "the text is prometheus-cpp's");
  require(std::ranges::count(ours, '\n') == 4, "a name makes no line");
  return 0;
}
