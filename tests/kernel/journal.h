// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "capture/source.h"
#include "egresswatch/model/events.h"

namespace egresswatch::testing {

// Keeps what the source delivers and tells the test's own events from those of the rest of the host: by process, by
// control group, by network namespace, by port of a listener of the test, by an address that only the test has, by
// socket, or because an earlier event of the
// socket was one.
class Journal final : public capture::RecordHandler {
 public:
  void on_record(std::span<const std::byte> record) override;

  void own_process(std::uint32_t pid) { processes_.insert(pid); }
  // By control group v2: also what the kernel itself does there, for which no process is known.
  void own_group(std::uint64_t id) { groups_.insert(id); }
  void own_address(const IpAddress& address) { addresses_.push_back(address); }
  void own_namespace(std::uint32_t inode) { namespaces_.insert(inode); }
  void own_port(std::uint16_t port) { ports_.insert(port); }
  void own_socket(SocketId socket) { sockets_.insert(socket); }

  [[nodiscard]] bool has(const std::function<bool(const Event&)>& wanted) const;
  template <typename T>
  [[nodiscard]] bool has(SocketId socket) const {
    return has([=](const Event& event) {
      const T* found = std::get_if<T>(&event);
      return found && found->socket == socket;
    });
  }

  // Sockets for which events of this type came, in order.
  template <typename T>
  [[nodiscard]] std::vector<SocketId> sockets_of() const {
    std::vector<SocketId> result;
    for (const Entry& entry : mine_)
      if (const T* found = std::get_if<T>(&entry.event)) result.push_back(found->socket);
    return result;
  }

  // The events of a socket, which must be of exactly these types in this order. Each event is taken once.
  //   const auto [attempt, closed] = journal.take<TcpAttempt, TcpClosed>(socket);
  template <typename... T>
  std::tuple<T...> take(SocketId socket) {
    const std::vector<Event> events = take_if([=](const Event& event) { return socket_of(event) == socket; });
    return take_all<T...>(events, std::index_sequence_for<T...>());
  }
  // Every event of this type of the socket, in order.
  template <typename T>
  std::vector<T> take_each(SocketId socket) {
    std::vector<T> result;
    for (const Event& event : take_if([=](const Event& candidate) {
           const T* found = std::get_if<T>(&candidate);
           return found && found->socket == socket;
         }))
      result.push_back(std::get<T>(event));
    return result;
  }
  // Everything that came is accounted for.
  void clear() { mine_.clear(); }
  // What came for the test and was not taken, as text.
  [[nodiscard]] std::vector<std::string> left_over() const;

  [[nodiscard]] std::size_t records() const { return records_; }
  // Records that the kernel's counters count as produced: not the sums and the sockets that the daemon itself reads.
  [[nodiscard]] std::size_t from_ring() const { return from_ring_; }
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

  static SocketId socket_of(const Event& event);
  static std::string describe(const Event& event);

 private:
  struct Entry {
    Event event;
    std::vector<std::byte> bytes;  // what the payload of a DnsPacket points into
  };

  [[nodiscard]] bool is_mine(const Event& event) const;
  std::vector<Event> take_if(const std::function<bool(const Event&)>& wanted);

  template <typename... T, std::size_t... I>
  static std::tuple<T...> take_all(const std::vector<Event>& events, std::index_sequence<I...> /*unused*/) {
    bool as_expected = events.size() == sizeof...(T);
    if constexpr (sizeof...(T) > 0) as_expected = as_expected && (... && std::holds_alternative<T>(events[I]));
    if (!as_expected) {
      std::string text = "other events than expected came:";
      for (const Event& event : events) text += "\n  " + describe(event);
      throw std::runtime_error(text);
    }
    return {std::get<T>(events[I])...};
  }

  std::deque<Entry> mine_;
  std::deque<Entry> taken_;
  std::set<std::uint32_t> processes_;
  std::set<std::uint64_t> groups_;
  std::vector<IpAddress> addresses_;
  std::set<std::uint32_t> namespaces_;
  std::set<std::uint16_t> ports_;
  std::set<SocketId> sockets_;
  std::vector<std::string> refused_;
  std::size_t records_ = 0;
  std::size_t from_ring_ = 0;
};

}  // namespace egresswatch::testing
