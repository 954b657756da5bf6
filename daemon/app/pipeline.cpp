// SPDX-License-Identifier: Apache-2.0
#include "app/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace egresswatch::app {
namespace {

std::uint64_t nanoseconds(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(duration).count());
}

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
// clang before 17 does not find this by itself
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::shared_ptr<const classify::Policy> or_none(std::shared_ptr<const classify::Policy> policy) {
  return policy ? std::move(policy) : std::make_shared<const classify::Policy>(PolicyOptions{});
}

}  // namespace

Pipeline::Pipeline(const Options& options, Rules rules, publish::EventSink& sink)
    : ledger_({options.limits.series_per_metric, options.limits.hosts_per_service}),
      processes_(options.proc_root),
      units_({.proc_root = options.proc_root, .cgroup_root = {}, .capacity = options.limits.units}),
      names_(options.limits.names, {.ttl_floor_ns = nanoseconds(options.dns.name_ttl_floor)}),
      hosts_files_(options.proc_root),
      context_{.classifier = std::move(rules.classifier),
               .policy = or_none(std::move(rules.policy)),
               .ledger = ledger_,
               .units = units_,
               .names = names_,
               .hosts_files = hosts_files_,
               .sink = sink,
               .idle_threshold_ns = nanoseconds(options.diagnose.idle_threshold)},
      connections_(context_, processes_, options.limits.sockets),
      dns_(context_, {options.limits.dns_queries, nanoseconds(options.dns.query_timeout)}),
      flows_(context_) {
  announce_services();
}

// Counters of configured services exist at zero from the start, and a flood of strangers cannot take their places.
void Pipeline::announce_services() {
  for (const auto& service : context_.classifier->services()) ledger_.add_service(service);
  for (const auto& [service, host, legacy] : context_.classifier->configured_hosts())
    ledger_.reserve_host(context_.classifier->service_name(service), host);
}

void Pipeline::set_rules(Rules rules) {
  // what began under the old configuration is counted by it
  settle(newest_ns_, 0);
  context_.classifier = std::move(rules.classifier);
  context_.policy = or_none(std::move(rules.policy));
  announce_services();
}

void Pipeline::on_record(std::span<const std::byte> record) {
  ++records_;
  Event event;
  if (const auto error = decode::decode_record(record, event); error != decode::RecordError::none) {
    ++refused_[static_cast<std::size_t>(error)];
    return;
  }
  ledger_.event(account::event_type(event));
  std::visit(Overloaded{
                 [this](const DnsPacket& packet) {
                   newest_ns_ = std::max(newest_ns_, packet.time_ns);
                   dns_.on(packet);
                 },
                 [this](const Flow& flow) {
                   newest_ns_ = std::max(newest_ns_, flow.time_ns);
                   flows_.on(flow);
                 },
                 [](const KernelCounters&) {},
                 [this](const DropReason& reason) { context_.drop_reasons.learn(reason); },
                 [this](const TcpClosing& closing) {
                   newest_ns_ = std::max(newest_ns_, closing.now.time_ns);
                   connections_.on(closing);
                 },
                 [this](const NameLookup& lookup) { on(lookup); },
                 [this](const TcpAttempt& attempt) { on(attempt); },
                 [this](const auto& connection_event) {
                   newest_ns_ = std::max(newest_ns_, connection_event.time_ns);
                   connections_.on(connection_event);
                 },
             },
             event);
}

void Pipeline::on(const NameLookup& lookup) {
  newest_ns_ = std::max(newest_ns_, lookup.time_ns);
  names_.learn_lookup(lookup.name, std::span(lookup.addresses).first(lookup.address_count), asker_of(lookup.process),
                      lookup.time_ns);
}

void Pipeline::on(const TcpAttempt& attempt) {
  newest_ns_ = std::max(newest_ns_, attempt.time_ns);
  const IpAddress& remote = attempt.tuple.remote.address;
  // the process may have ended by the time the destination is settled; its file is remembered
  if (names_.lookup(remote, attempt.process.pid, attempt.time_ns).name.empty())
    hosts_files_.lookup(remote, attempt.process, attempt.time_ns);
  connections_.on(attempt);
}

void Pipeline::on_batch_end() { connections_.on_batch_end(newest_ns_); }

void Pipeline::tick(std::uint64_t now_ns) {
  dns_.expire(now_ns);
  settle(now_ns);
}

void Pipeline::settle(std::uint64_t now_ns, std::uint64_t age_ns) {
  if (now_ns > age_ns) connections_.settle_older_than(now_ns - age_ns, now_ns);
}

bool Pipeline::resynchronise(capture::Source& source) {
  connections_.begin_resynchronisation();
  if (!source.resynchronise()) return false;
  // what ended while the sockets were read is told by its own record, not by its absence
  source.poll();
  connections_.end_resynchronisation();
  return true;
}

}  // namespace egresswatch::app
