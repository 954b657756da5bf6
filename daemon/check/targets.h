// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "check/result.h"
#include "classify/classifier.h"
#include "egresswatch/model/catalog.h"

// Which endpoints to try.
namespace egresswatch::check {

inline constexpr std::size_t kMaxTargets = 256;

// What the cloud and the configuration need: vaults, HSMs and other hosts of built-in services that the configuration
// names in full; the cloud's Entra authority, Resource Manager and Graph; the revocation hosts of the catalog without
// the retired ones; instance metadata if `on_azure`.
std::vector<Target> default_targets(const classify::Classifier& classifier, const ClassifyOptions& options,
                                    bool on_azure);

// One argument: a name, an address, either with :PORT (IPv6 in brackets), an http or https URL, or the bare name of a
// vault in the cloud.
Result<Target> parse_target(std::string_view text, const classify::Classifier& classifier, Cloud cloud);

// Whether the firmware says that this is a virtual machine in Azure.
bool runs_on_azure();

}  // namespace egresswatch::check
