// SPDX-License-Identifier: Apache-2.0
#include "config/json_reader.h"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <exception>
#include <vector>

namespace egresswatch::config {
namespace {

using boost::system::error_code;
using Kind = JsonValue::Kind;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n";

// What the parser calls, with names that it gives.
class Events {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = JsonReader::kMaxKey;
  static constexpr std::size_t max_string_size = JsonReader::kMaxText;

  explicit Events(JsonVisitor& visitor) : visitor_(visitor) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) { return open(Kind::object, error); }
  bool on_object_end(std::size_t, error_code& error) { return close(error); }
  bool on_array_begin(error_code& error) { return open(Kind::array, error); }
  bool on_array_end(std::size_t, error_code& error) { return close(error); }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return key_.append(part), true; }
  bool on_key(std::string_view part, std::size_t, error_code&) { return key_.append(part), true; }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return text_.append(part), true; }
  bool on_string(std::string_view part, std::size_t, error_code& error) {
    text_.append(part);
    const bool more = tell({.kind = Kind::text, .text = text_}, error);
    text_.clear();
    return more;
  }
  bool on_number_part(std::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, std::string_view, error_code& error) {
    if (number < 0) return tell({}, error);
    return on_uint64(static_cast<std::uint64_t>(number), {}, error);
  }
  bool on_uint64(std::uint64_t number, std::string_view, error_code& error) {
    return tell({.kind = Kind::number, .text = {}, .number = number}, error);
  }
  bool on_double(double, std::string_view, error_code& error) { return tell({}, error); }
  bool on_bool(bool, error_code& error) { return tell({}, error); }
  bool on_null(error_code& error) { return tell({}, error); }
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

 private:
  using Place = JsonVisitor::Place;

  // Whether to go on; the parser wants a reason if not, which nobody reads.
  bool go_on(error_code& error) const {
    if (visitor_.refusal()) error = make_error_code(boost::system::errc::operation_canceled);
    return !error;
  }

  Place visit(const JsonValue& value) {
    const Place in = open_.empty() ? JsonVisitor::kDocument : open_.back();
    const Place place = in == JsonVisitor::kIgnored ? in : visitor_.value(in, key_, value);
    key_.clear();
    return place;
  }

  bool tell(const JsonValue& value, error_code& error) {
    visit(value);
    return go_on(error);
  }

  bool open(Kind kind, error_code& error) {
    open_.push_back(visit({.kind = kind, .text = {}}));
    return go_on(error);
  }

  bool close(error_code& error) {
    const Place place = open_.back();
    open_.pop_back();
    if (place != JsonVisitor::kIgnored) visitor_.end(place);
    return go_on(error);
  }

  JsonVisitor& visitor_;
  std::vector<Place> open_;  // at most kMaxDepth
  std::string key_;
  std::string text_;
};

boost::json::parse_options options() {
  boost::json::parse_options options;
  options.max_depth = JsonReader::kMaxDepth;
  return options;
}

std::string_view explain(const error_code& code) {
  using boost::json::error;
  if (code == error::incomplete) return "the file ends here, in the middle: a download that was cut short?";
  if (code == error::too_deep) return "nested more than 16 levels deep";
  if (code == error::string_too_large) return "a text of more than 65536 bytes";
  if (code == error::key_too_large) return "a key of more than 256 bytes";
  return "not valid JSON";
}
static_assert(JsonReader::kMaxDepth == 16 && JsonReader::kMaxText == 65536 && JsonReader::kMaxKey == 256);

}  // namespace

bool JsonVisitor::expect(JsonValue::Kind kind, const JsonValue& value, std::string_view what) {
  static constexpr std::array<std::string_view, 4> kNames{"an object", "an array", "a text", "a whole number"};
  if (value.kind == kind) return true;
  refuse(std::string(what) + " must be " + std::string(kNames[static_cast<std::size_t>(kind)]));
  return false;
}

struct JsonReader::Impl {
  Impl(JsonVisitor& told, std::string_view name) : visitor(told), file_name(name), parser(options(), told) {}

  // The byte is counted from the beginning of the piece.
  Error at(std::string_view piece, std::size_t byte, std::string_view what) {
    pass(piece.substr(0, byte));
    return {file_name + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + std::string(what)};
  }

  void pass(std::string_view text) {
    line += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    const std::size_t last = text.rfind('\n');
    column = last == std::string_view::npos ? column + text.size() : text.size() - last;
  }

  JsonVisitor& visitor;
  std::string file_name;
  boost::json::basic_parser<Events> parser;
  std::size_t mark = 0;  // bytes of the byte order mark that were there
  bool in_mark = true;
  std::size_t line = 1;    // of the next byte
  std::size_t column = 1;  // in bytes
};

JsonReader::JsonReader(JsonVisitor& visitor, std::string_view file_name)
    : impl_(std::make_unique<Impl>(visitor, file_name)) {}

JsonReader::~JsonReader() = default;

Result<> JsonReader::feed(std::string_view piece) {
  Impl& impl = *impl_;
  while (impl.in_mark && !piece.empty()) {
    impl.in_mark = impl.mark < kByteOrderMark.size() && piece.front() == kByteOrderMark[impl.mark];
    if (!impl.in_mark) break;
    ++impl.mark;
    piece.remove_prefix(1);
  }
  if (!impl.in_mark && impl.mark != 0 && impl.mark != kByteOrderMark.size()) return impl.at(piece, 0, "not valid JSON");
  if (piece.empty()) return {};

  error_code error;
  std::size_t parsed = 0;
  try {
    if (!impl.parser.done()) parsed = impl.parser.write_some(true, piece.data(), piece.size(), error);
  } catch (const std::exception& exception) {
    return impl.at(piece, 0, exception.what());
  }
  if (impl.visitor.refusal()) return impl.at(piece, parsed, *impl.visitor.refusal());
  if (error) return impl.at(piece, parsed, explain(error));
  // the parser stops behind the value
  if (const std::size_t more = piece.find_first_not_of(kBlanks, parsed); more != std::string_view::npos)
    return impl.at(piece, more, "something follows behind the end of the JSON");
  impl.pass(piece);
  return {};
}

Result<> JsonReader::finish() {
  Impl& impl = *impl_;
  if (impl.parser.done()) return {};
  error_code error;
  try {
    // a number at the end is complete only now
    impl.parser.write_some(false, "", 0, error);
  } catch (const std::exception& exception) {
    return impl.at({}, 0, exception.what());
  }
  if (impl.visitor.refusal()) return impl.at({}, 0, *impl.visitor.refusal());
  if (error) return impl.at({}, 0, explain(error));
  return {};
}

}  // namespace egresswatch::config
