// SPDX-License-Identifier: Apache-2.0
#include "kernel/journal.h"

#include <algorithm>
#include <sstream>

#include "decode/record.h"

namespace egresswatch::testing {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

std::string text(const Tuple& tuple) { return tuple.local.to_string() + " > " + tuple.remote.to_string(); }

template <typename T>
const char* name_of(const T& /*event*/) {
  if constexpr (std::is_same_v<T, TcpAttempt>) return "attempt";
  if constexpr (std::is_same_v<T, TcpEstablished>) return "established";
  if constexpr (std::is_same_v<T, TcpFirstByte>) return "first byte";
  if constexpr (std::is_same_v<T, TcpClosed>) return "closed";
  if constexpr (std::is_same_v<T, ConnectFailed>) return "connect failed";
  if constexpr (std::is_same_v<T, TcpExisting>) return "existing";
  if constexpr (std::is_same_v<T, Flow>) return "flow";
  if constexpr (std::is_same_v<T, DnsPacket>) return "dns";
  if constexpr (std::is_same_v<T, TcpPayload>) return "payload";
  if constexpr (std::is_same_v<T, TcpRetransmit>) return "retransmit";
  if constexpr (std::is_same_v<T, TcpClosing>) return "closing";
  if constexpr (std::is_same_v<T, DropReason>) return "drop reason";
  if constexpr (std::is_same_v<T, NameLookup>) return "name lookup";
  return "counters";
}

}  // namespace

SocketId Journal::socket_of(const Event& event) {
  return std::visit(
      [](const auto& one) -> SocketId {
        if constexpr (requires { one.socket; }) return one.socket;
        if constexpr (requires { one.now.socket; }) return one.now.socket;
        return 0;
      },
      event);
}

std::string Journal::describe(const Event& event) {
  std::ostringstream out;
  std::visit(
      [&](const auto& one) {
        out << name_of(one);
        if constexpr (requires { one.socket; }) out << " socket " << one.socket;
        if constexpr (requires { one.netns; }) out << " netns " << one.netns;
        if constexpr (requires { one.tuple; }) out << ' ' << text(one.tuple);
        if constexpr (requires { one.process; }) out << " pid " << one.process.pid << ' ' << one.process.name();
        if constexpr (requires { one.payload; }) out << ' ' << one.payload.size() << " bytes";
        if constexpr (requires { one.packets; })
          out << ' ' << one.packets << " packets of " << to_string(one.protocol) << (one.raw ? ", raw" : "");
        if constexpr (requires { one.old_state; }) out << " error " << one.error << " from state " << one.old_state;
      },
      event);
  return out.str();
}

bool Journal::is_mine(const Event& event) const {
  if (sockets_.contains(socket_of(event))) return true;
  return std::visit(
      [&](const auto& one) {
        if constexpr (requires { one.process; })
          if (processes_.contains(one.process.pid) || groups_.contains(one.process.cgroup_id)) return true;
        if constexpr (requires { one.netns; })
          if (namespaces_.contains(one.netns)) return true;
        if constexpr (requires { one.tuple; })
          return ports_.contains(one.tuple.local.port) || ports_.contains(one.tuple.remote.port) ||
                 std::ranges::find(addresses_, one.tuple.local.address) != addresses_.end();
        return false;
      },
      event);
}

void Journal::on_record(std::span<const std::byte> record) {
  ++records_;
  Entry entry{{}, {record.begin(), record.end()}};
  if (const auto error = decode::decode_record(entry.bytes, entry.event); error != decode::RecordError::none) {
    refused_.emplace_back(to_string(error));
    return;
  }
  const auto* flow = std::get_if<Flow>(&entry.event);
  if (!std::holds_alternative<TcpExisting>(entry.event) && !std::holds_alternative<DropReason>(entry.event) &&
      (!flow || flow->first))
    ++from_ring_;
  if (!is_mine(entry.event)) return;
  if (const SocketId socket = socket_of(entry.event)) sockets_.insert(socket);
  mine_.push_back(std::move(entry));
}

bool Journal::has(const std::function<bool(const Event&)>& wanted) const {
  return std::any_of(mine_.begin(), mine_.end(), [&](const Entry& entry) { return wanted(entry.event); });
}

std::vector<Event> Journal::take_if(const std::function<bool(const Event&)>& wanted) {
  std::vector<Event> result;
  std::deque<Entry> rest;
  for (Entry& entry : mine_) {
    const bool take = wanted(entry.event);
    Entry& kept = (take ? taken_ : rest).emplace_back(std::move(entry));
    if (take) result.push_back(kept.event);
  }
  mine_ = std::move(rest);
  return result;
}

std::vector<std::string> Journal::left_over() const {
  std::vector<std::string> result;
  for (const Entry& entry : mine_) result.push_back(describe(entry.event));
  return result;
}

}  // namespace egresswatch::testing
