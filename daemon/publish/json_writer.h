// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "publish/text.h"

namespace egresswatch::publish {

// Appends a JSON document to a string, piece by piece, with the commas between them. An empty key is for a value of a
// list, and for the outermost one. What is opened must be closed by the caller.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object(std::string_view key = {}) { begin(key) += '{'; }
  void end_object() { out_ += '}'; }
  void begin_list(std::string_view key) { begin(key) += '['; }
  void end_list() { out_ += ']'; }

  void text(std::string_view key, std::string_view value) { append_json_string(begin(key), value); }
  void number(std::string_view key, std::uint64_t value) { append_number(begin(key), value); }
  void flag(std::string_view key, bool value) { begin(key) += value ? "true" : "false"; }
  // A value that is JSON already.
  void json(std::string_view key, std::string_view value) { begin(key) += value; }
  // RFC 3339 in UTC; left out if it is 0.
  void time(std::string_view key, std::uint64_t wall_ns) {
    if (wall_ns == 0) return;
    append_timestamp(begin(key) += '"', wall_ns);
    out_ += '"';
  }
  void text_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void number_unless_zero(std::string_view key, std::uint64_t value) {
    if (value != 0) number(key, value);
  }

 private:
  std::string& begin(std::string_view key) {
    if (!out_.empty() && !out_.ends_with('{') && !out_.ends_with('[')) out_ += ',';
    if (!key.empty()) {
      append_json_string(out_, key);
      out_ += ':';
    }
    return out_;
  }

  std::string& out_;
};

}  // namespace egresswatch::publish
