// SPDX-License-Identifier: Apache-2.0
#include "publish/recent_events.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace egresswatch::publish {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

void hand_on(EventSink& reader, const KeptConnection& kept) { reader.connection(kept.report()); }
void hand_on(EventSink& reader, const KeptAnswer& kept) { reader.dns(kept.report()); }
void hand_on(EventSink& reader, const KeptFlow& kept) { reader.flow(kept.report()); }

// A place in one of the rings.
template <typename Ring>
struct Cursor {
  Cursor(const Ring& which, std::uint64_t after) : ring(&which), at(which.first_after(after)) {}
  [[nodiscard]] std::uint64_t number() const { return at < ring->size() ? ring->at(at).number : kNone; }

  const Ring* ring;
  std::size_t at;
};

}  // namespace

RecentEvents::RecentEvents(EventSink& next, Limits limits)
    : next_(next),
      notable_connections_(limits.notable_connections),
      connections_(limits.connections),
      notable_answers_(limits.notable_answers),
      answers_(limits.answers),
      flows_(limits.flows) {}

void RecentEvents::connection(const ConnectionReport& report) {
  const bool notable =
      report.verdict == Verdict::failed || (report.unexpected != Unexpected::none && report.verdict != Verdict::closed);
  (notable ? notable_connections_ : connections_).keep(++newest_, report);
  next_.connection(report);
}

void RecentEvents::dns(const DnsReport& report) {
  (report.cause == DnsCause::none ? answers_ : notable_answers_).keep(++newest_, report);
  next_.dns(report);
}

void RecentEvents::flow(const FlowReport& report) {
  if (report.unexpected != Unexpected::none) flows_.keep(++newest_, report);
  next_.flow(report);
}

RecentEvents::Position RecentEvents::read(EventSink& reader, std::uint64_t after, std::size_t count) const {
  // a number that was never given is somebody else's, such as that of the daemon before
  after = std::min(after, newest_);
  auto cursors = std::make_tuple(Cursor(notable_connections_, after), Cursor(connections_, after),
                                 Cursor(notable_answers_, after), Cursor(answers_, after), Cursor(flows_, after));
  const auto next_number = [&cursors] {
    return std::apply([](const auto&... each) { return std::min({each.number()...}); }, cursors);
  };
  const std::size_t kept =
      std::apply([](const auto&... each) { return ((each.ring->size() - each.at) + ...); }, cursors);
  Position position{.next = after, .missed = newest_ - after - kept, .more = false};

  std::uint64_t number = next_number();
  for (; number != kNone && count > 0; number = next_number(), --count) {
    const auto hand_on_if_next = [&](auto& cursor) {
      if (cursor.number() == number) hand_on(reader, cursor.ring->at(cursor.at++).kept);
    };
    std::apply([&](auto&... each) { (hand_on_if_next(each), ...); }, cursors);
    position.next = number;
  }
  position.more = number != kNone;
  if (!position.more) position.next = std::max(position.next, newest_);
  return position;
}

}  // namespace egresswatch::publish
