// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <stdexcept>
#include <system_error>

namespace egresswatch {

Error Error::from_errno(int error_number, std::string_view what) {
  return {std::string(what) + ": " + std::generic_category().message(error_number), error_number};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error(error.message);
}

}  // namespace egresswatch
