// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <cerrno>

#include "app/commands.h"
#include "classify/embedded_catalog.h"

namespace egresswatch::app {

Result<Settings> load_settings(const std::string& config_file) {
  Settings settings;
  auto config = config::load_config(config_file.empty() ? kDefaultConfigFile : config_file);
  const bool defaults = !config && config_file.empty() && config.error().code == ENOENT;
  if (!config && !defaults) return config.error();
  if (config) settings.config = std::move(*config);
  settings.from_file = !defaults;

  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  if (!catalog) return catalog.error();
  auto classifier = classify::Classifier::compile(*catalog, settings.config.classify);
  if (!classifier) return classifier.error();
  settings.classifier = std::make_shared<const classify::Classifier>(std::move(*classifier));
  return settings;
}

}  // namespace egresswatch::app
