// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "app/context.h"
#include "base/archive.h"
#include "base/bounded_map.h"
#include "correlate/dns_tracker.h"
#include "decode/dns.h"
#include "decode/dns_stream.h"
#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/report.h"

namespace egresswatch::app {

// DNS packets: parsed, matched with the question that asked for them, learned from, counted and reported.
class Dns {
 public:
  // Connections to a resolver over TCP that are put together at once: two directions of each, about 4 KB a direction.
  static constexpr std::size_t kMaxStreams = 256;

  Dns(Context& context, correlate::DnsTracker::Options options);

  void on(const DnsPacket& packet);
  // Reports the questions that nobody answered in time.
  void expire(std::uint64_t now_ns);

  // The questions that are outstanding, for restore() of the next process; streams that are half read are not saved.
  void save(ArchiveWriter& archive) const { tracker_.save(archive); }
  void restore(ArchiveReader& archive) { tracker_.restore(archive); }

  [[nodiscard]] const correlate::DnsTracker& tracker() const { return tracker_; }
  // Messages that were refused, by reason.
  [[nodiscard]] std::span<const std::uint64_t, decode::kDnsErrorCount> malformed() const { return malformed_; }
  // Messages over TCP that could not be put together: segments missing, or longer than is kept.
  [[nodiscard]] std::uint64_t stream_losses() const { return stream_losses_; }
  [[nodiscard]] std::uint64_t stream_evictions() const { return streams_.evictions(); }
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }

 private:
  struct StreamKey {
    SocketId socket = 0;
    bool egress = false;
    bool operator==(const StreamKey&) const = default;
  };
  struct HashStreamKey {
    std::size_t operator()(const StreamKey& key) const { return (key.socket << 1) | (key.egress ? 1U : 0U); }
  };

  void on_segment(const DnsPacket& packet);
  void on_message(const DnsPacket& packet, std::span<const std::byte> wire);
  void on_answer(const DnsPacket& packet);
  // All but the answer itself.
  DnsReport describe(const correlate::DnsOutcome& outcome, std::string_view question, std::uint16_t type,
                     std::uint64_t time_ns);

  [[nodiscard]] DnsCause cause_of(const correlate::DnsOutcome& outcome, ServiceId service) const;
  void note_resolution(const DnsReport& answer, ServiceId service);

  Context& context_;
  correlate::DnsTracker tracker_;
  // On the heap since they are large; made when a stream is first seen and then used again.
  BoundedMap<StreamKey, std::unique_ptr<decode::DnsStream>, HashStreamKey> streams_;
  DnsMessage message_;  // parsed into again and again
  std::array<std::uint64_t, decode::kDnsErrorCount> malformed_{};
  std::uint64_t stream_losses_ = 0;
};

}  // namespace egresswatch::app
