// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "egresswatch/model/web_access.h"

// The web configuration file of Prometheus' exporter-toolkit (docs/web-configuration.md there). What this server cannot
// do is an error, never ignored.
namespace egresswatch::config {

inline constexpr int kMinBcryptCost = 4;
// Above it a check takes a second and more, in which the daemon does nothing else.
inline constexpr int kMaxBcryptCost = 12;
inline constexpr std::size_t kMaxWebUsers = 256;

// Relative paths are below `directory`. Errors as those of parse_config(), one line each.
Result<WebAccess> parse_web_config(std::string_view text, std::string_view file_name, std::string_view directory);

// As above, from a regular file of at most 1 MiB; relative paths are below its directory.
Result<WebAccess> load_web_config(const std::string& path);

}  // namespace egresswatch::config
