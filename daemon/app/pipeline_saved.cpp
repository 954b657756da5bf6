// SPDX-License-Identifier: Apache-2.0
// What one process knows, for the next one.
#include <string_view>

#include "app/pipeline.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::NamePool;

void Flows::save(ArchiveWriter& archive) const {
  archive.put(std::uint64_t{known_.size()});
  known_.for_each([&](const Key& key, std::uint64_t heard_ns) {
    archive.put(key);
    archive.put(heard_ns);
  });
}

void Flows::restore(ArchiveReader& archive) {
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto key = archive.get<Key>();
    *known_.find_or_insert(key) = archive.get<std::uint64_t>();  // nothing is pinned
  }
}

void Connections::save(ArchiveWriter& archive) const {
  archive.put(newest_evicted_ns_);
  archive.put(std::uint64_t{table_.size()});
  table_.for_each([&](SocketId socket, const Connection& connection) {
    archive.put(socket);
    archive.put(connection);
    for (const auto text : {connection.dns_name, connection.wire_name, connection.waits_for})
      archive.put_text(text == NamePool::kNone ? std::string_view{} : texts_.text(text));
  });
}

void Connections::restore(ArchiveReader& archive, std::uint64_t now_ns) {
  archive.get(newest_evicted_ns_);
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto socket = archive.get<SocketId>();
    auto connection = archive.get<Connection>();
    for (auto* text : {&connection.dns_name, &connection.wire_name, &connection.waits_for})
      *text = texts_.intern(archive.get_text());
    if (!context_.ledger.has_series(connection.series)) return archive.fail();
    Connection* place = table_.find_or_insert(socket);  // where the table is smaller now it evicts, and counts
    *place = connection;
    place->pinned = context_.names.pin(connection.remote.address, now_ns);
    if (!place->settled) unsettled_.push_back(socket);
  }
}

void Pipeline::save_counters(ArchiveWriter& archive) const { ledger_.save(archive); }

bool Pipeline::restore_counters(ArchiveReader& archive) {
  if (!ledger_.restore(archive)) return false;
  announce_services();
  return true;
}

void Pipeline::save_rest(ArchiveWriter& archive) const {
  archive.put(newest_ns_);
  names_.save(archive);
  units_.save(archive);
  connections_.save(archive);
  dns_.save(archive);
  flows_.save(archive);
}

bool Pipeline::restore_rest(ArchiveReader& archive, std::uint64_t now_ns) {
  archive.get(newest_ns_);
  names_.restore(archive, now_ns);
  units_.restore(archive);
  connections_.restore(archive, now_ns);
  dns_.restore(archive);
  flows_.restore(archive);
  return archive.good() && archive.at_end();
}

void Pipeline::begin_after(std::uint64_t time_ns) {
  ledger_.forget_open();
  connections_.begin_after(time_ns);
}

}  // namespace egresswatch::app
