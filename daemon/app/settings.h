// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "classify/classifier.h"
#include "config/config.h"

namespace egresswatch::app {

// The configuration and what is compiled of it; made whole or not at all.
struct Settings {
  config::Config config;
  std::shared_ptr<const classify::Classifier> classifier;
  bool from_file = true;  // false: there is no default file, and the defaults hold
};

// From a file; an empty path is the default file, and its absence gives the defaults.
Result<Settings> load_settings(const std::string& config_file);

}  // namespace egresswatch::app
