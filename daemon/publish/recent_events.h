// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "publish/event_sink.h"
#include "publish/kept_report.h"

namespace egresswatch::publish {

// The last `capacity` reports of one kind, each with its number. The oldest makes room.
template <typename Kept>
class EventRing {
 public:
  struct Event {
    std::uint64_t number = 0;
    Kept kept;
  };

  explicit EventRing(std::size_t capacity) : capacity_(capacity) {}

  template <typename Report>
  void keep(std::uint64_t number, const Report& report) {
    if (events_.size() < capacity_) events_.emplace_back();
    events_[next_].number = number;
    events_[next_].kept.keep(report);
    next_ = (next_ + 1) % capacity_;
  }

  [[nodiscard]] std::size_t size() const { return events_.size(); }
  // 0 is the oldest.
  [[nodiscard]] const Event& at(std::size_t age) const {
    return events_[events_.size() < capacity_ ? age : (next_ + age) % capacity_];
  }
  // The first one after `number`; size() if there is none.
  [[nodiscard]] std::size_t first_after(std::uint64_t number) const {
    std::size_t begin = 0;
    std::size_t end = size();
    while (begin < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      if (at(middle).number <= number)
        begin = middle + 1;
      else
        end = middle;
    }
    return begin;
  }

 private:
  std::size_t capacity_;
  std::size_t next_ = 0;
  std::deque<Event> events_;  // whose elements never move
};

// Remembers the last outcomes for `egresswatch observe`, and hands every report on.
//
// What failed or was not expected is kept apart from what went well, so that a busy host does not push out what
// matters. Events are numbered from 1 in the order in which they came; a reader remembers the number of the last one it
// got. Memory: 512 bytes a connection, 824 an answer, 256 a flow, and their texts: 2 MB if all is full. Nothing is
// allocated once it has grown.
class RecentEvents final : public EventSink {
 public:
  struct Limits {
    std::size_t notable_connections = 1024;
    std::size_t connections = 512;  // as many as stay in the processor's cache: these come all the time
    std::size_t notable_answers = 512;
    std::size_t answers = 256;
    std::size_t flows = 512;  // of those that were not expected: the others are no events
  };
  // What a reader got, and how to go on.
  struct Position {
    std::uint64_t next = 0;    // the number of the last event that it got, or need not ask for any more
    std::uint64_t missed = 0;  // events after the number that it gave, which were forgotten before it asked
    bool more = false;         // there are further ones, beyond what it asked for
  };

  explicit RecentEvents(EventSink& next) : RecentEvents(next, Limits{}) {}
  RecentEvents(EventSink& next, Limits limits);

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  void flow(const FlowReport& report) override;

  // Hands on, in their order, what came after the event of that number (0 = everything that is kept), at most `count`.
  Position read(EventSink& reader, std::uint64_t after, std::size_t count) const;

  [[nodiscard]] std::size_t entries() const {
    return notable_connections_.size() + connections_.size() + notable_answers_.size() + answers_.size() +
           flows_.size();
  }
  // That made room for others.
  [[nodiscard]] std::uint64_t evictions() const { return newest_ - entries(); }

 private:
  EventSink& next_;
  std::uint64_t newest_ = 0;
  EventRing<KeptConnection> notable_connections_;
  EventRing<KeptConnection> connections_;
  EventRing<KeptAnswer> notable_answers_;
  EventRing<KeptAnswer> answers_;
  EventRing<KeptFlow> flows_;
};

}  // namespace egresswatch::publish
