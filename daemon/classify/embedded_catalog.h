// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace egresswatch::classify {

// The text of catalog.yaml as it was when the program was built, for config::parse_catalog().
std::string_view embedded_catalog();

}  // namespace egresswatch::classify
