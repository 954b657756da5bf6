// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "classify/classifier.h"
#include "classify/policy.h"
#include "config/config.h"

namespace egresswatch::app {

// The configuration, the files that it names, and what is compiled of them; made whole or not at all.
struct Settings {
  config::Config config;
  std::shared_ptr<const classify::Classifier> classifier;
  std::shared_ptr<const classify::Policy> policy;
  ServiceTags tags;                // of the files; compiled into the classifier already
  std::vector<std::string> notes;  // what an operator may want to know of the files that were read, each for one line
  bool from_file = true;           // false: there is no default file, and the defaults hold
};

// The policy in a file, with the users and the name servers of this host; an empty path is a policy that only observes.
Result<PolicyOptions> load_policy(const std::string& file, const classify::Classifier& classifier);

// From a file; an empty path is the default file, and its absence gives the defaults.
Result<Settings> load_settings(const std::string& config_file);

// Those whose change is a reason to load the settings again.
std::vector<std::string> watched_files(const config::Config& config);

}  // namespace egresswatch::app
