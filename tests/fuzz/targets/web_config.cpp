// SPDX-License-Identifier: Apache-2.0
// What a web configuration file may hold.
#include "config/web_config.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace egresswatch;
  const auto access =
      config::parse_web_config({reinterpret_cast<const char*>(data), size}, "web.yaml", "/etc/egresswatch");
  if (!access) {
    require(access.error().message.starts_with("web.yaml"), "an error tells the file");
    return 0;
  }
  require(access->users.size() <= config::kMaxWebUsers, "users are bounded");
  for (const WebUser& user : access->users) {
    require(user.name.find(':') == std::string::npos, "a colon ends a name");
    require(user.hash.size() == 60, "a hash is one of bcrypt");
  }
  for (const auto& [name, value] : access->headers)
    require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
  if (access->tls) require(access->tls->cert_file.starts_with('/'), "paths are absolute");
  return 0;
}
