// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace egresswatch {

// What went wrong, as one sentence for the person who must act. Context is put in front on the way up:
//
//   Result<Config> load(path) {
//     auto text = read_file(path);
//     if (!text) return std::move(text).error().in("reading " + path);
//     ...
//   }
//   auto config = load(path);            // use:      config->listen
//   if (!config) return config.error();  // pass on:  the error converts to any Result
struct Error {
  std::string message;
  int code = 0;  // an errno value (positive), or 0 where there is none

  static Error from_errno(int error_number, std::string_view what);

  Error in(std::string_view context) && {
    message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
};

// boost::system::result calls this if value() is used on an error: a bug, not a run-time condition.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <typename T = void>
using Result = boost::system::result<T, Error>;

}  // namespace egresswatch
