// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "config/config.h"
#include "config/read_file.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {

Result<Config> load_config(const std::string& path) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) return std::move(text).error().in(path);
  return parse_config(*text, path);
}

}  // namespace egresswatch::config
