// SPDX-License-Identifier: Apache-2.0
// What `egresswatch observe --input-file` may be given as a line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "cli/event_filter.h"
#include "cli/event_reader.h"
#include "fuzz/require.h"
#include "publish/compact_sink.h"
#include "publish/ocsf_sink.h"

namespace {

using namespace egresswatch;

// Whatever is in it, a line for people is one line of printable characters, and one of OCSF a JSON object.
class Lines final : public publish::LineOutput {
 public:
  void write_line(std::string_view line) override {
    require(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }), "one line");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cli::EventReader reader;
  const auto event = reader.read({reinterpret_cast<const char*>(data), size});
  if (!event) {
    require(!event.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  Lines lines;
  publish::CompactSink wide(lines, false, publish::CompactSink::Columns::wide);
  publish::OcsfSink ocsf(lines, "1");
  for (publish::EventSink* sink : std::initializer_list<publish::EventSink*>{&wide, &ocsf}) {
    if (const auto* connection = std::get_if<ConnectionReport>(&*event)) sink->connection(*connection);
    if (const auto* answer = std::get_if<DnsReport>(&*event)) sink->dns(*answer);
    if (const auto* flow = std::get_if<FlowReport>(&*event)) sink->flow(*flow);
  }
  cli::EventFilter filter;
  require(filter.want("host", "*").has_value(), "a pattern is taken");
  require(filter.fits(*event), "everything fits a star");
  return 0;
}
