// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

// JSON (RFC 8259) that comes in pieces and is never in memory as a whole: files of some megabytes, of which little is
// kept.
namespace egresswatch::config {

struct JsonValue {
  enum class Kind { object, array, text, number, other };  // other: true, false, null, a number that is no uint64

  Kind kind = Kind::other;
  std::string_view text;     // only during the call that gives it
  std::uint64_t number = 0;  // of a whole number that is not negative
};

// Told of each value in the order of the text. A place stands for an object or an array, in the visitor's own numbers.
class JsonVisitor {
 public:
  using Place = unsigned;
  static constexpr Place kDocument = 0;  // around the outermost value
  static constexpr Place kIgnored = 1;   // the visitor is not told what is inside

  virtual ~JsonVisitor() = default;

  // A value inside `in`; `key` is empty in an array. Of an object or an array the place is returned, else whatever.
  virtual Place value(Place in, std::string_view key, const JsonValue& value) = 0;
  // The object or array is complete.
  virtual void end(Place place) = 0;

  // Why the visitor wants no more, to be put behind the place in the file.
  [[nodiscard]] const std::optional<std::string>& refusal() const { return refusal_; }

 protected:
  // The first one counts. Gives kIgnored, to be returned.
  Place refuse(std::string why) {
    if (!refusal_) refusal_ = std::move(why);
    return kIgnored;
  }
  // False after a refusal: "<what> must be an object".
  bool expect(JsonValue::Kind kind, const JsonValue& value, std::string_view what);

 private:
  std::optional<std::string> refusal_;
};

// Errors are "file:line:column: why". A byte order mark in front is skipped.
class JsonReader {
 public:
  static constexpr std::size_t kMaxDepth = 16;
  static constexpr std::size_t kMaxText = 65536;  // bytes of one string
  static constexpr std::size_t kMaxKey = 256;     // bytes

  JsonReader(JsonVisitor& visitor, std::string_view file_name);
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // After an error nothing more may be fed.
  Result<> feed(std::string_view piece);
  // There are no more pieces.
  Result<> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace egresswatch::config
