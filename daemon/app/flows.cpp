// SPDX-License-Identifier: Apache-2.0
#include "app/flows.h"

#include "app/destination.h"
#include "app/expectation.h"

namespace egresswatch::app {

bool Flows::is_new(const Flow& event) {
  bool inserted = false;
  std::uint64_t* const heard = known_.find_or_insert({event.socket, event.tuple.remote, event.protocol}, &inserted);
  const bool forgotten = inserted || event.time_ns > *heard + kForgottenNs;
  *heard = event.time_ns;
  // a sum of packets that followed says that there was a first one
  return forgotten && event.first;
}

void Flows::on(const Flow& event) {
  // connections, each of which is counted
  const bool lost_attempts = event.protocol == Protocol::tcp && !event.raw;
  if (event.tuple.remote.address.is_loopback() || (!lost_attempts && !is_new(event))) return;
  const Destination destination = identify(context_, event.tuple.remote, event.process, event.time_ns);
  const correlate::Unit& unit = context_.units.resolve(event.process, event.time_ns);
  FlowReport line;
  line.wall_time_ns = event.time_ns + context_.wall_offset_ns;
  line.service = destination.service;
  line.function = destination.function;
  line.host = destination.name;
  line.name_source = destination.source;
  const Expectation expectation = judge(
      context_, event.process, unit,
      {.destination = destination, .remote = event.tuple.remote, .protocol = event.protocol, .raw_socket = event.raw});
  line.unexpected = expectation.reason;
  line.misses_private_endpoint = expectation.misses_private_endpoint;
  line.unit = unit.name;
  line.slice = unit.slice;
  line.container_id = unit.container_id;
  line.container_name = unit.container_name;
  line.process = event.process.name();
  line.pid = event.process.pid;
  line.uid = event.process.uid;
  line.process_start_ns = event.process.start_time_ns;
  line.netns = event.netns;
  line.protocol = event.protocol;
  line.raw_socket = event.raw;
  line.local = event.tuple.local;
  line.remote = event.tuple.remote;
  if (line.unexpected != Unexpected::none)
    context_.ledger.unexpected(line.unexpected, line.unit, line.process, lost_attempts ? event.packets : 1);
  context_.sink.flow(line);
}

}  // namespace egresswatch::app
