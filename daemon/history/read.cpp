// SPDX-License-Identifier: Apache-2.0
#include "history/read.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <new>
#include <span>
#include <tuple>
#include <utility>

#include "base/unique_fd.h"
#include "base/utf8.h"
#include "history/batch.h"
#include "history/collector.h"
#include "history/database.h"

namespace egresswatch::history {
namespace {

constexpr int kBusyTimeoutMs = 2'000;

using UseKey = std::tuple<std::string, std::string, std::uint8_t, std::uint16_t, std::string, Unexpected>;
struct Use {
  Observation sum;
  std::uint64_t last_failure_ns = 0;
};

// The value with this name; the first one for a name that only a later version knows.
template <typename Value, std::size_t Count>
Value named(std::string_view name, const std::array<std::string_view, Count>& names) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? Value{} : static_cast<Value>(found - names.begin());
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

std::string clean(std::string_view text) {
  std::string scratch;
  return std::string(utf8::clean(text, Collector::kMaxText, scratch));
}

void add(Use& use, const Statement& row) {
  Observation& sum = use.sum;
  sum.attempts = plus(sum.attempts, row.number(7));
  sum.established = plus(sum.established, row.number(8));
  sum.failed = plus(sum.failed, row.number(9));
  if (const std::uint64_t failure_ns = row.number(12); failure_ns > 0 && failure_ns >= use.last_failure_ns) {
    use.last_failure_ns = failure_ns;
    sum.last_stage = named<Stage>(row.text(10), kStageNames);
    sum.last_cause = named<Cause>(row.text(11), kCauseNames);
  }
  if (const std::uint64_t first_ns = row.number(13); sum.first_seen_ns == 0 || first_ns < sum.first_seen_ns)
    sum.first_seen_ns = first_ns;
  if (const std::uint64_t last_ns = row.number(14); last_ns >= sum.last_seen_ns) {
    sum.last_seen_ns = last_ns;
    sum.function = named<Function>(row.text(6), kFunctionNames);
  }
}

int read_observations(sqlite3* database, std::uint64_t since_ns, Contents& contents) {
  Statement rows(database,
                 "SELECT service, host, protocol, port, unit, unexpected, function, attempts, established, failed, "
                 "last_stage, last_cause, last_failure_ns, first_seen_ns, last_seen_ns, hour FROM observation "
                 "WHERE hour >= ? ORDER BY hour");
  rows.bind(since_ns / kHourNs);
  std::map<UseKey, Use> uses;
  int result = rows.step();
  if (result == SQLITE_ROW) contents.begin_ns = std::min(rows.number(15), UINT64_MAX / kHourNs) * kHourNs;
  for (; result == SQLITE_ROW; result = rows.step()) {
    UseKey key{clean(rows.text(0)),
               clean(rows.text(1)),
               static_cast<std::uint8_t>(std::min<std::uint64_t>(rows.number(2), UINT8_MAX)),
               static_cast<std::uint16_t>(std::min<std::uint64_t>(rows.number(3), UINT16_MAX)),
               clean(rows.text(4)),
               named<Unexpected>(rows.text(5), kUnexpectedNames)};
    if (uses.size() >= kMaxObservations && !uses.contains(key)) {
      std::get<1>(key).clear();
      std::get<3>(key) = 0;
    }
    // what a hostile file has is bounded by its own size alone, hence not by more than twice the limit
    if (uses.size() >= 2 * kMaxObservations && !uses.contains(key)) continue;
    add(uses[std::move(key)], rows);
  }
  contents.observations.reserve(uses.size());
  for (auto& [key, use] : uses) {
    Observation& sum = contents.observations.emplace_back(std::move(use.sum));
    sum.service = std::get<0>(key);
    sum.host = std::get<1>(key);
    sum.protocol = Protocol{std::get<2>(key)};
    sum.port = std::get<3>(key);
    sum.unit = std::get<4>(key);
    sum.unexpected = std::get<5>(key);
  }
  return result;
}

int read_addresses(sqlite3* database, std::uint64_t since_ns, Contents& contents) {
  Statement rows(database,
                 "SELECT service, host, address, max(last_seen_ns) FROM address WHERE day >= ? "
                 "GROUP BY service, host, address ORDER BY service, host, max(last_seen_ns) DESC, address");
  rows.bind(since_ns / kDayNs);
  std::size_t of_this_host = 0;
  int result = rows.step();
  for (; result == SQLITE_ROW; result = rows.step()) {
    const std::span<const std::uint8_t> bytes = rows.bytes(2);
    ObservedAddress address;
    address.service = clean(rows.text(0));
    address.host = clean(rows.text(1));
    address.last_seen_ns = rows.number(3);
    if (bytes.size() != address.address.bytes.size()) continue;
    std::ranges::copy(bytes, address.address.bytes.begin());
    const bool same_host = !contents.addresses.empty() && contents.addresses.back().service == address.service &&
                           contents.addresses.back().host == address.host;
    of_this_host = same_host ? of_this_host + 1 : 1;
    if (of_this_host <= kMaxAddresses && contents.addresses.size() < kMaxObservations)
      contents.addresses.push_back(std::move(address));
  }
  return result;
}

Error unreadable(int error) {
  const char* const what = sqlite3_errstr(error & 0xff);
  if ((error & 0xff) == SQLITE_CORRUPT || (error & 0xff) == SQLITE_NOTADB) return {"is damaged", EPROTO};
  return {std::string("cannot be read: ") + what, EIO};
}

// Percent-encoded as a URI of SQLite, which understands the parameters below only there.
std::string uri_of(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_';
    if (plain)
      uri += c;
    else
      uri.append("%").append(1, kHex[byte >> 4]).append(1, kHex[byte & 0xf]);
  }
  uri += "?mode=ro";
  // without a log nobody writes to it, and a reader who may not make one would be refused
  if (::access((path + "-wal").c_str(), F_OK) != 0) uri += "&immutable=1";
  return uri;
}

// Says better than SQLite does why a file cannot be opened.
Result<> check_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error::from_errno(errno, "cannot be read");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error::from_errno(errno, "cannot be read");
  if (!S_ISREG(status.st_mode)) return Error{"is not a regular file", EPROTO};
  return {};
}

}  // namespace

Result<Contents> read(sqlite3* database, std::uint64_t since_ns) {
  distrust(database, kBusyTimeoutMs);
  // one transaction: both tables as they were at one moment
  if (const int begun = execute(database, "BEGIN"); begun != SQLITE_OK) return unreadable(begun);
  const Inspection found = inspect(database);
  Contents contents;
  switch (found.state) {
    case FileState::empty:
      return contents;
    case FileState::ours:
      break;
    case FileState::newer:
      return Error{"was written by a newer version of egresswatch", EPROTO};
    case FileState::foreign:
      return Error{"is no history of egresswatch", EPROTO};
    case FileState::damaged:
      return Error{"is damaged", EPROTO};
    case FileState::unknown:
      return unreadable(found.error);
  }
  int result = read_observations(database, since_ns, contents);
  if (result == SQLITE_DONE) result = read_addresses(database, since_ns, contents);
  if (result != SQLITE_DONE) return unreadable(result);
  return contents;
}

Result<Contents> read(const std::string& path, std::uint64_t since_ns) try {
  const std::string what = "the history " + path;
  if (auto checked = check_file(path); !checked)
    return Error{what + " " + checked.error().message, checked.error().code};
  sqlite3* opened = nullptr;
  const int error = sqlite3_open_v2(uri_of(path).c_str(), &opened,
                                    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  const Database database(opened);
  if (error != SQLITE_OK) return Error{what + " " + unreadable(error).message, unreadable(error).code};
  auto contents = read(database.get(), since_ns);
  if (!contents) return Error{what + " " + contents.error().message, contents.error().code};
  return contents;
} catch (const std::bad_alloc&) {
  return Error{"the history " + path + " is too large to be read", ENOMEM};
}

}  // namespace egresswatch::history
