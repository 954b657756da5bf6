// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <cerrno>

#include "app/commands.h"
#include "check/dns_probe.h"
#include "classify/embedded_catalog.h"
#include "config/microsoft365_file.h"
#include "config/policy_file.h"
#include "config/service_tags_file.h"

namespace egresswatch::app {

namespace {

std::string amount_of(const std::vector<ServiceTag>& tags) {
  std::size_t prefixes = 0;
  for (const ServiceTag& tag : tags) prefixes += tag.prefixes.size();
  return std::to_string(prefixes) + " prefixes in " + std::to_string(tags.size()) + " tags";
}

Result<ServiceTags> load_tags(const config::Config& config, std::vector<std::string>& notes) {
  ServiceTags tags;
  if (const std::string& path = config.service_tags.file; !path.empty()) {
    auto file = config::load_service_tags(path, config.classify.cloud);
    if (!file) return file.error();
    notes.push_back(path + ": service tags of change " + std::to_string(file->change_number) + ", " +
                    amount_of(file->tags));
    tags.tags = std::move(file->tags);
  }
  if (const std::string& path = config.service_tags.microsoft365; !path.empty()) {
    auto file = config::load_microsoft365(path, config.classify.cloud);
    if (!file) return file.error();
    notes.push_back(path + ": Microsoft 365 endpoints, " + std::to_string(file->hosts.size()) + " hosts of Entra, " +
                    amount_of(file->tags));
    for (std::string& note : file->notes) notes.push_back(note.insert(0, path + ": "));
    tags.entra_hosts = std::move(file->hosts);
    for (ServiceTag& tag : file->tags) tags.tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace

Result<PolicyOptions> load_policy(const std::string& file, const classify::Classifier& classifier) {
  if (file.empty()) return PolicyOptions{};
  std::vector<IpAddress> resolvers;
  for (const Endpoint& resolver : check::system_names().resolvers) resolvers.push_back(resolver.address);
  return config::load_policy(file, {classifier.services(), config::uid_of_user, resolvers});
}

Result<Settings> load_settings(const std::string& config_file) {
  Settings settings;
  auto config = config::load_config(config_file.empty() ? kDefaultConfigFile : config_file);
  const bool defaults = !config && config_file.empty() && config.error().code == ENOENT;
  if (!config && !defaults) return config.error();
  if (config) settings.config = std::move(*config);
  settings.from_file = !defaults;

  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  if (!catalog) return catalog.error();
  auto tags = load_tags(settings.config, settings.notes);
  if (!tags) return tags.error();
  settings.tags = std::move(*tags);
  auto classifier = classify::Classifier::compile(*catalog, settings.config.classify, settings.tags);
  if (!classifier) return classifier.error();
  settings.classifier = std::make_shared<const classify::Classifier>(std::move(*classifier));

  auto policy = load_policy(settings.config.policy.file, *settings.classifier);
  if (!policy) return policy.error();
  settings.policy = std::make_shared<const classify::Policy>(std::move(*policy));
  return settings;
}

std::vector<std::string> watched_files(const config::Config& config) {
  std::vector<std::string> files;
  for (const std::string& file : {config.service_tags.file, config.service_tags.microsoft365})
    if (!file.empty()) files.push_back(file);
  return files;
}

}  // namespace egresswatch::app
