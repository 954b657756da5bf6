// SPDX-License-Identifier: Apache-2.0
#include "app/line_sink.h"

#include <cstdio>

#include "app/version.h"
#include "publish/compact_sink.h"
#include "publish/json_sink.h"
#include "publish/ocsf_sink.h"

namespace egresswatch::app {

void StandardOutput::write_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

std::unique_ptr<publish::EventSink> make_line_sink(publish::LineOutput& output, LineFormat format, bool colour) {
  using publish::CompactSink;
  switch (format) {
    case LineFormat::json:
      return std::make_unique<publish::JsonSink>(output);
    case LineFormat::ocsf:
      return std::make_unique<publish::OcsfSink>(output, kVersion);
    case LineFormat::wide:
      return std::make_unique<CompactSink>(output, colour, CompactSink::Columns::wide);
    case LineFormat::compact:
      break;
  }
  return std::make_unique<CompactSink>(output, colour);
}

}  // namespace egresswatch::app
