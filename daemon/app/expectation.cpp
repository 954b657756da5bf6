// SPDX-License-Identifier: Apache-2.0
#include "app/expectation.h"

namespace egresswatch::app {
namespace {

classify::Subject subject_of(const Process& process, const correlate::Unit& unit) {
  return {.unit = unit.name,
          .slice = unit.slice,
          .container_id = unit.container_id,
          .container_name = unit.container_name,
          .process = process.name(),
          .uid = process.uid,
          .uid_known = process.pid != 0};
}

bool misses_private_endpoint(const Context& context, const Contacted& contact) {
  return is_vault(contact.destination.id) && !contact.through_proxy && !contact.remote.address.is_private() &&
         context.classifier->endpoint_demand(contact.destination.name) == classify::EndpointDemand::private_endpoint;
}

// Of what no rule allows: what is the matter with it.
Unexpected narrowed(const Context& context, const Destination& destination) {
  if (destination.id != kOtherService) return Unexpected::not_in_policy;
  if (destination.name.empty()) return Unexpected::no_name;
  return context.classifier->other_cloud(destination.name) ? Unexpected::other_cloud : Unexpected::not_in_policy;
}

}  // namespace

Expectation judge(const Context& context, const Process& process, const correlate::Unit& unit,
                  const Contacted& contact) {
  if (contact.remote.address.is_loopback() && !contact.through_proxy) return {};
  if (misses_private_endpoint(context, contact)) return {Unexpected::not_in_policy, true};
  const classify::Policy& policy = *context.policy;
  if (!policy.flags_anything()) return {};
  const auto section = policy.section_of(subject_of(process, unit));
  if (!policy.flags(section)) return {};

  const Destination& destination = contact.destination;
  const auto [reason, line] =
      policy.judge(section, {.host = destination.name,
                             .address = contact.through_proxy ? nullptr : &contact.remote.address,
                             .port = contact.through_proxy ? contact.asked_port : contact.remote.port,
                             .port_expected = destination.port_expected,
                             .protocol = policy_protocol(contact.protocol, contact.raw_socket),
                             .service = destination.id});
  if (reason == Unexpected::none)
    return {destination.outside_service_tag ? Unexpected::outside_service_tag : Unexpected::none};
  return {reason == Unexpected::not_in_policy ? narrowed(context, destination) : reason};
}

}  // namespace egresswatch::app
