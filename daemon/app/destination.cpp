// SPDX-License-Identifier: Apache-2.0
#include "app/destination.h"

namespace egresswatch::app {

namespace {

void set_service(Destination& destination, const classify::Classifier& classifier, ServiceId service) {
  destination.id = service;
  destination.service = classifier.service_name(service);
}

bool set_by_name(Destination& destination, const classify::Classifier& classifier, std::uint16_t port) {
  if (destination.name.empty()) return false;
  const auto match = classifier.by_name(destination.name, port);
  if (match.service == kOtherService) return false;
  set_service(destination, classifier, match.service);
  destination.host = destination.name;
  return true;
}

bool set_by_address(Destination& destination, const classify::Classifier& classifier, const Endpoint& remote) {
  const auto match = classifier.by_address(remote.address, remote.port);
  if (match.service == kOtherService) return false;
  set_service(destination, classifier, match.service);
  destination.host = destination.service;
  return true;
}

}  // namespace

Destination identify(Context& context, const Endpoint& remote, const Process& process, std::uint64_t now_ns) {
  const classify::Classifier& classifier = *context.classifier;
  auto known = context.names.lookup(remote.address, process.pid, now_ns);
  if (known.name.empty()) known = context.hosts_files.lookup(remote.address, process, now_ns);
  Destination result{.service = classifier.service_name(kOtherService),
                     .host = account::Ledger::kOther,
                     .name = known.name,
                     .source = known.source,
                     .answer_uid = known.answer_uid};
  if (!set_by_name(result, classifier, remote.port)) set_by_address(result, classifier, remote);
  return result;
}

Destination identify_asked(const Context& context, std::string_view asked, std::uint16_t port, NameSource source,
                           const Endpoint* remote) {
  const classify::Classifier& classifier = *context.classifier;
  Destination result{.service = classifier.service_name(kOtherService),
                     .host = account::Ledger::kOther,
                     .name = asked,
                     .source = source};
  if (const auto address = IpAddress::parse(asked)) {
    set_by_address(result, classifier, {*address, port});
    return result;
  }
  if (!set_by_name(result, classifier, port) && remote) set_by_address(result, classifier, *remote);
  return result;
}

}  // namespace egresswatch::app
