// SPDX-License-Identifier: Apache-2.0
// A history file that anybody may have written.
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "fuzz/require.h"
#include "history/database.h"
#include "history/read.h"

namespace {

bool is_clean(const std::string& text) {
  std::string scratch;
  return egresswatch::utf8::clean(text, 255, scratch) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  // a database in memory has no log: as if the file said so
  if (size > 19) bytes[18] = bytes[19] = 1;
  sqlite3* opened = nullptr;
  if (sqlite3_open(":memory:", &opened) != SQLITE_OK) return 0;
  const egresswatch::history::Database database(opened);
  if (sqlite3_deserialize(opened, "main", bytes.data(), static_cast<sqlite3_int64>(size),
                          static_cast<sqlite3_int64>(size), SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
    return 0;
  const auto contents = egresswatch::history::read(opened, 0);
  if (!contents) return require(!contents.error().message.empty(), "an error says what is wrong"), 0;
  for (const auto& seen : contents->observations)
    require(is_clean(seen.service) && is_clean(seen.host) && is_clean(seen.unit), "texts are clean and short");
  std::size_t of_one_host = 0;
  for (std::size_t i = 0; i < contents->addresses.size(); ++i) {
    const auto& address = contents->addresses[i];
    require(is_clean(address.service) && is_clean(address.host), "texts are clean and short");
    const bool same = i > 0 && contents->addresses[i - 1].service == address.service &&
                      contents->addresses[i - 1].host == address.host;
    of_one_host = same ? of_one_host + 1 : 1;
    require(of_one_host <= egresswatch::history::kMaxAddresses, "a host has a bounded number of addresses");
  }
  return 0;
}
