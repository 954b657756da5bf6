// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "config/reader.h"
#include "egresswatch/model/web_access.h"

namespace egresswatch::config {

// The section tls_server_config of a web configuration; none if it is empty, which means no TLS.
std::optional<WebTls> read_web_tls(const Place& place, std::string_view directory);

}  // namespace egresswatch::config
