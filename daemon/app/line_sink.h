// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "app/commands.h"
#include "publish/event_sink.h"
#include "publish/line_output.h"

namespace egresswatch::app {

// Waits for whoever reads.
class StandardOutput final : public publish::LineOutput {
 public:
  void write_line(std::string_view line) override;
};

// Writes a line per outcome in that format. The output must live as long.
std::unique_ptr<publish::EventSink> make_line_sink(publish::LineOutput& output, LineFormat format, bool colour);

}  // namespace egresswatch::app
