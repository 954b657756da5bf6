// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "egresswatch/model/report.h"

namespace egresswatch::cli {

using Event = std::variant<ConnectionReport, DnsReport, FlowReport>;

// Reads back the lines that `-o json` writes, of this version and of others: keys that it does not know are passed
// over, and of the evidence only what is shown again is taken. The sentence is the one of the line.
class EventReader {
 public:
  static constexpr std::size_t kMaxLine = 64 * 1024;

  // What is in it points into the reader and is valid until the next call. An error says in one sentence what is wrong
  // with the line.
  Result<Event> read(std::string_view line);

 private:
  boost::json::value document_;
};

}  // namespace egresswatch::cli
