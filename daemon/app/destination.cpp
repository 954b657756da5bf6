// SPDX-License-Identifier: Apache-2.0
#include "app/destination.h"

namespace egresswatch::app {

Destination identify(Context& context, const Endpoint& remote, std::uint32_t pid, std::uint64_t now_ns) {
  const classify::Classifier& classifier = *context.classifier;
  const auto known = context.names.lookup(remote.address, pid, now_ns);
  Destination result{classifier.service_name(kOtherService), account::Ledger::kOther, known.name, known.source};

  if (!known.name.empty()) {
    const auto match = classifier.by_name(known.name, remote.port);
    if (match.service != kOtherService) {
      result.service = classifier.service_name(match.service);
      result.host = known.name;
      return result;
    }
  }
  if (const auto match = classifier.by_address(remote.address, remote.port); match.service != kOtherService) {
    result.service = classifier.service_name(match.service);
    result.host = result.service;
  }
  return result;
}

}  // namespace egresswatch::app
