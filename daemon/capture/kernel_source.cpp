// SPDX-License-Identifier: Apache-2.0
#include "capture/kernel_source.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/drop_reasons.h"
#include "capture/existing_sockets.h"
#include "capture/flow_sweep.h"
#include "capture/followed_sockets.h"

namespace egresswatch::capture {

namespace {

// What two sources must have in common to share maps.
std::string layout_of(const KernelOptions& options) {
  return std::to_string(EGW_ABI_VERSION) + "-" + std::to_string(options.ring_bytes) + "-" +
         std::to_string(options.sockets) + "-" + std::to_string(options.flows);
}

}  // namespace

KernelSource::KernelSource(boost::asio::io_context& io, std::optional<Pins> pins, std::string pin_failure)
    : io_(io), pins_(std::move(pins)), pin_failure_(std::move(pin_failure)), sweep_(io) {}

Result<std::unique_ptr<KernelSource>> KernelSource::make(boost::asio::io_context& io, const KernelOptions& options) {
  std::optional<Pins> pins;
  std::string pin_failure;
  if (!options.pin_directory.empty()) {
    if (auto opened = Pins::open(options.pin_directory, layout_of(options)); opened)
      pins = std::move(*opened);
    else if (opened.error().code == EBUSY)
      return opened.error();
    else
      pin_failure = opened.error().message;
  }
  std::unique_ptr<KernelSource> self(new KernelSource(io, std::move(pins), std::move(pin_failure)));
  auto object =
      CoreObject::load({options.ring_bytes, options.sockets, options.flows}, self->pins_ ? &*self->pins_ : nullptr);
  if (!object) return object.error();
  self->object_ = std::move(*object);
  if (auto lookup = LookupObject::load(*self->object_); lookup)
    self->lookup_object_ = std::move(*lookup);
  else
    self->lookup_.reason = lookup.error().message;
  self->collect_probes();
  return self;
}

std::uint64_t KernelSource::resume(const RingPosition& position) {
  resume_at_ = position;
  const std::uint64_t released = object_->shared().released_records;
  return released > position.records ? released - position.records : 0;
}

Result<> KernelSource::start(RecordHandler& handler) {
  auto ring = Ring::make(io_, object_->ring_fd(), object_->shared(), tap_);
  if (!ring) return ring.error();
  ring_ = std::move(*ring);
  if (full_) ring_->hold(full_);
  if (resume_at_) ring_->skip_to(resume_at_->bytes, resume_at_->records);
  handler_ = &handler;
  // before the first packet that one of them is needed for, and so in front of a recording
  deliver_drop_reasons(*handler_);
  if (auto attached = object_->attach(); !attached) return attached.error();
  if (pin_failure_.empty()) pin_failure_ = object_->pin_failure();
  // attach first, then iterate: a socket that is opened in between is seen by both and merged by its identity
  if (!adopted()) deliver_existing_sockets(*object_, *handler_);
  if (adopted()) arm_sweep();
  attach_lookup();
  collect_probes();
  ring_->start();
  return {};
}

void KernelSource::stop() {
  // what is pinned goes on: the next process reads what comes from here on
  object_->detach();
  if (lookup_object_) lookup_object_->detach();
  lookup_.attached = false;
  collect_probes();
  if (!handler_) return;
  ring_->stop();
  ring_->drain_all();
  // not before: a record of a datagram arms it
  sweep_.cancel();
  sweep_flows();
  handler_ = nullptr;
}

void KernelSource::attach_lookup() {
  if (!lookup_object_) return;
  const auto attached = lookup_object_->attach();
  lookup_.attached = attached.has_value();
  lookup_.reason = attached ? "" : attached.error().message;
}

void KernelSource::collect_probes() {
  probes_ = object_->probes();
  probes_.push_back(lookup_);
}

void KernelSource::poll() {
  if (handler_) ring_->drain_all();
}

egw_totals KernelSource::totals() const { return object_->totals(); }

std::vector<Probe> KernelSource::take_detached() {
  std::vector<Probe> detached = object_->take_detached();
  if (!detached.empty()) collect_probes();
  return detached;
}

bool KernelSource::resynchronise() {
  if (!handler_) return false;
  deliver_lost_attempts(object_->lost_attempts_fd(), *handler_);
  return deliver_followed_sockets(object_->sockets_fd(), *handler_);
}

void KernelSource::Tap::on_record(std::span<const std::byte> record) {
  egw_header header;
  if (record.size() >= sizeof header) {
    std::memcpy(&header, record.data(), sizeof header);
    if (header.type == EGW_FLOW) source_.arm_sweep();
  }
  source_.handler_->on_record(record);
}

void KernelSource::Tap::on_batch_end() { source_.handler_->on_batch_end(); }

void KernelSource::arm_sweep() {
  if (sweep_armed_) return;
  sweep_armed_ = true;
  sweep_.expires_after(kSweepInterval);
  sweep_.async_wait([this](boost::system::error_code error) {
    // a timer that has fired can no longer be cancelled
    if (!error && handler_) sweep_flows();
  });
}

void KernelSource::sweep_flows() {
  sweep_armed_ = false;
  deliver_flow_sums(object_->flows_fd(), *handler_);
  handler_->on_batch_end();
}

}  // namespace egresswatch::capture
