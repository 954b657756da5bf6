// SPDX-License-Identifier: Apache-2.0
#include "capture/kernel_source.h"

#include <cstring>

#include "capture/datagram_sweep.h"
#include "capture/drop_reasons.h"
#include "capture/existing_sockets.h"
#include "capture/followed_sockets.h"

namespace egresswatch::capture {

KernelSource::KernelSource(boost::asio::io_context& io, std::unique_ptr<CoreObject> object)
    : io_(io), object_(std::move(object)), sweep_(io) {}

Result<std::unique_ptr<KernelSource>> KernelSource::make(boost::asio::io_context& io, const KernelOptions& options) {
  auto object = CoreObject::load({options.ring_bytes, options.sockets, options.udp_flows});
  if (!object) return object.error();
  std::unique_ptr<KernelSource> self(new KernelSource(io, std::move(*object)));
  if (auto lookup = LookupObject::load(*self->object_); lookup)
    self->lookup_object_ = std::move(*lookup);
  else
    self->lookup_.reason = lookup.error().message;
  self->collect_probes();
  return self;
}

Result<> KernelSource::start(RecordHandler& handler) {
  auto ring = Ring::make(io_, object_->ring_fd(), object_->consumer_asleep(), tap_);
  if (!ring) return ring.error();
  ring_ = std::move(*ring);
  handler_ = &handler;
  // before the first packet that one of them is needed for, and so in front of a recording
  deliver_drop_reasons(*handler_);
  if (auto attached = object_->attach(); !attached) return attached.error();
  // attach first, then iterate: a socket that is opened in between is seen by both and merged by its identity
  deliver_existing_sockets(*object_, *handler_);
  attach_lookup();
  collect_probes();
  ring_->start();
  return {};
}

void KernelSource::stop() {
  object_->detach();
  if (lookup_object_) lookup_object_->detach();
  lookup_.attached = false;
  collect_probes();
  if (!handler_) return;
  ring_->stop();
  ring_->drain_all();
  // not before: a record of a datagram arms it
  sweep_.cancel();
  sweep_datagrams();
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

bool KernelSource::resynchronise() {
  if (!handler_) return false;
  return deliver_followed_sockets(object_->sockets_fd(), *handler_);
}

void KernelSource::Tap::on_record(std::span<const std::byte> record) {
  egw_header header;
  if (record.size() >= sizeof header) {
    std::memcpy(&header, record.data(), sizeof header);
    if (header.type == EGW_UDP_FLOW) source_.arm_sweep();
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
    if (!error && handler_) sweep_datagrams();
  });
}

void KernelSource::sweep_datagrams() {
  sweep_armed_ = false;
  deliver_datagram_sums(object_->udp_flows_fd(), *handler_);
  handler_->on_batch_end();
}

}  // namespace egresswatch::capture
