// SPDX-License-Identifier: Apache-2.0
#include "app/destination.h"

namespace egresswatch::app {

namespace {

constexpr std::uint16_t kHttps = 443;  // where every service with a tag is offered

void set_service(Destination& destination, const classify::Classifier& classifier, const classify::Match& match) {
  destination.id = match.service;
  destination.service = classifier.service_name(match.service);
  destination.function = match.function;
  destination.port_expected = match.port_expected;
}

// `address` is null behind a proxy.
bool set_by_name(Destination& destination, const classify::Classifier& classifier, std::uint16_t port,
                 const IpAddress* address) {
  if (destination.name.empty()) return false;
  const auto match = classifier.by_name(destination.name, port);
  if (match.service == kOtherService) return false;
  set_service(destination, classifier, match);
  destination.host = destination.name;
  destination.outside_service_tag = address && classifier.outside_service_tag(match, *address);
  destination.legacy = match.legacy;
  return true;
}

bool set_by_address(Destination& destination, const classify::Classifier& classifier, const Endpoint& remote) {
  const auto match = classifier.by_address(remote.address, remote.port);
  if (match.service == kOtherService) return false;
  set_service(destination, classifier, match);
  destination.host = destination.service;
  return true;
}

// For want of a name. The address is no label, so the host stays "other".
void set_by_service_tag(Destination& destination, const classify::Classifier& classifier, const Endpoint& remote) {
  const auto tag = classifier.by_service_tag(remote.address);
  if (tag.service == kOtherService) return;
  classify::Match match;
  match.service = tag.service;
  match.function = default_function(static_cast<BuiltinService>(tag.service));
  match.port_expected = remote.port == kHttps;
  set_service(destination, classifier, match);
  destination.source = NameSource::service_tag;
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
  if (set_by_name(result, classifier, remote.port, &remote.address) || set_by_address(result, classifier, remote))
    return result;
  if (result.name.empty()) set_by_service_tag(result, classifier, remote);
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
  if (!set_by_name(result, classifier, port, remote ? &remote->address : nullptr) && remote)
    set_by_address(result, classifier, *remote);
  return result;
}

}  // namespace egresswatch::app
