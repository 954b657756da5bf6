// SPDX-License-Identifier: Apache-2.0
#include "history/writer.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace egresswatch::history {
namespace {

// The event loop waits meanwhile.
constexpr int kBusyTimeoutMs = 50;
// From this part of max_bytes on the oldest rows make room, so that the limit itself, which makes a flush fail, is not
// met.
constexpr std::uint64_t kFullPercent = 90;
// Deleted with one flush beside twice what it adds: few, so that it takes milliseconds also after a long downtime.
constexpr std::uint64_t kPruneRows = 500;

constexpr const char* kAddUse =
    "INSERT INTO observation VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "function = excluded.function, attempts = attempts + excluded.attempts, "
    "established = established + excluded.established, failed = failed + excluded.failed, "
    "last_stage = iif(excluded.last_failure_ns >= last_failure_ns, excluded.last_stage, last_stage), "
    "last_cause = iif(excluded.last_failure_ns >= last_failure_ns, excluded.last_cause, last_cause), "
    "last_failure_ns = max(last_failure_ns, excluded.last_failure_ns), "
    "first_seen_ns = min(first_seen_ns, excluded.first_seen_ns), "
    "last_seen_ns = max(last_seen_ns, excluded.last_seen_ns)";
constexpr const char* kAddAddress =
    "INSERT INTO address VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "last_seen_ns = max(last_seen_ns, excluded.last_seen_ns)";
constexpr const char* kTrimAddresses =
    "DELETE FROM address WHERE day = ?1 AND service = ?2 AND host = ?3 AND address NOT IN (SELECT address FROM address "
    "WHERE day = ?1 AND service = ?2 AND host = ?3 ORDER BY last_seen_ns DESC, address LIMIT 64)";
static_assert(kMaxAddressesPerHost == 64);
constexpr const char* kDeleteUses =
    "DELETE FROM observation WHERE (hour, unit, service, host, protocol, port, unexpected) IN (SELECT hour, unit, "
    "service, "
    "host, protocol, port, unexpected FROM observation WHERE hour < ? ORDER BY hour LIMIT ?)";
constexpr const char* kDeleteOldAddresses =
    "DELETE FROM address WHERE (day, service, host, address) IN "
    "(SELECT day, service, host, address FROM address WHERE day < ? ORDER BY day LIMIT ?)";
// Addresses of strangers go before those of what this is about.
constexpr const char* kDeleteOtherAddresses =
    "DELETE FROM address WHERE (day, service, host, address) IN (SELECT day, service, host, address FROM address "
    "WHERE day = (SELECT min(day) FROM address) AND service = 'other' LIMIT ?)";

Loss loss_of(int error, int system_error) {
  switch (error & 0xff) {
    case SQLITE_FULL:
      return Loss::disk_full;
    case SQLITE_IOERR:
      return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ? Loss::disk_full
                                                                                       : Loss::io_error;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Loss::not_writable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Loss::locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Loss::damaged;
    default:
      return Loss::other;
  }
}

Failure failure_of(const std::string& path, int error, int system_error) {
  std::string message = "the history " + path + " cannot be written: " + sqlite3_errstr(error & 0xff);
  if (system_error != 0) message += " (" + std::generic_category().message(system_error) + ")";
  return {loss_of(error, system_error), std::move(message)};
}

// SQLite would make the file with the rights of the umask; the group may read it, so that it can ask for a report.
std::optional<Failure> make_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in the place of the file must not hang the start
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640));
  if (!fd) {
    const int error = errno;
    const Loss reason = error == ENOSPC || error == EDQUOT ? Loss::disk_full : Loss::not_writable;
    return Failure{reason, Error::from_errno(error, "the history " + path + " cannot be written").message};
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return Failure{Loss::not_writable, "the history " + path + " is not a regular file"};
  // without it only the group cannot read
  if (status.st_size == 0) (void)::fchmod(fd.get(), 0640);
  return std::nullopt;
}

Database open_database(const std::string& path, int& error) {
  sqlite3* database = nullptr;
  error = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database owned(database);
  if (error == SQLITE_OK) distrust(database, kBusyTimeoutMs);
  return owned;
}

// Whether the header of the file says that it is ours, however damaged the rest is (sqlite.org/fileformat.html, section
// 1.3). Nobody else's file is moved: the path may be a slip of the pen.
bool bears_our_mark(const std::string& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kApplicationIdAt = 68;  // big-endian
  std::array<char, kApplicationIdAt + 4> header{};
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || ::read(fd.get(), header.data(), header.size()) != static_cast<ssize_t>(header.size())) return false;
  std::uint32_t id = 0;
  for (std::size_t i = kApplicationIdAt; i < header.size(); ++i) id = id << 8 | static_cast<unsigned char>(header[i]);
  return std::string_view(header.data(), kMagic.size()) == kMagic && id == kApplicationId;
}

bool move_aside(const std::string& path) {
  const std::string aside = path + ".damaged";
  ::unlink((aside + "-wal").c_str());
  if (std::rename(path.c_str(), aside.c_str()) != 0) return false;
  // what the log has belongs to the file
  (void)std::rename((path + "-wal").c_str(), (aside + "-wal").c_str());
  ::unlink((path + "-shm").c_str());
  return true;
}

const char* why_aside(FileState state) {
  switch (state) {
    case FileState::newer:
      return " was written by a newer version";
    case FileState::foreign:
      return " is something else";
    default:
      return " is damaged";
  }
}

// A write-ahead log: a flush appends to it and waits for no disk, and whoever reads a report keeps nobody from writing.
// With synchronous=NORMAL the disk is waited for only when SQLite moves the log into the file, every 256 pages; a
// loss of power costs what came since, but never leaves a broken file, as OFF could.
int configure(sqlite3* database) {
  return execute(database,
                 "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                 "PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=4194304; PRAGMA cache_size=-1024; PRAGMA "
                 "secure_delete=OFF");
}

}  // namespace

std::unique_ptr<Writer> Writer::open(const std::string& path, const Limits& limits, std::string& notice,
                                     Failure& failure) {
  for (const bool may_move : {true, false}) {
    if (auto problem = make_file(path)) {
      failure = std::move(*problem);
      return nullptr;
    }
    int error = SQLITE_OK;
    Database database = open_database(path, error);
    Inspection found{FileState::unknown, error};
    if (error == SQLITE_OK) found = inspect(database.get());
    if (found.state == FileState::empty || found.state == FileState::ours) {
      error = configure(database.get());
      if (error == SQLITE_OK && found.state == FileState::empty) error = create_schema(database.get());
      if (error == SQLITE_OK) return std::unique_ptr<Writer>(new Writer(std::move(database), path, limits));
    } else {
      error = found.error;
    }
    const int system_error = database ? sqlite3_system_errno(database.get()) : 0;
    database.reset();
    if (!may_move || found.state == FileState::empty || found.state == FileState::ours ||
        found.state == FileState::unknown) {
      failure = failure_of(path, error, system_error);
      return nullptr;
    }
    if (!bears_our_mark(path)) {
      failure = {Loss::other,
                 "the history " + path + " cannot be written: it is no file of egresswatch, and stays as it is"};
      return nullptr;
    }
    if (!move_aside(path)) {
      failure = {Loss::damaged, "the history " + path + why_aside(found.state) + " and cannot be moved aside"};
      return nullptr;
    }
    notice = "the history " + path + why_aside(found.state);
    notice.append("; it is now ").append(path).append(".damaged, and a new one begins");
  }
  return nullptr;
}

Writer::Writer(Database database, std::string path, const Limits& limits)
    : database_(std::move(database)),
      path_(std::move(path)),
      limits_(limits),
      page_bytes_(ask_number(database_.get(), "PRAGMA page_size")),
      begin_(database_.get(), "BEGIN IMMEDIATE"),
      commit_(database_.get(), "COMMIT"),
      add_use_(database_.get(), kAddUse),
      add_address_(database_.get(), kAddAddress),
      trim_addresses_(database_.get(), kTrimAddresses),
      used_pages_(database_.get(),
                  "SELECT page_count, freelist_count, (SELECT min(hour) FROM observation) "
                  "FROM pragma_page_count, pragma_freelist_count"),
      delete_uses_(database_.get(), kDeleteUses),
      delete_addresses_(database_.get(), kDeleteOldAddresses),
      delete_other_addresses_(database_.get(), kDeleteOtherAddresses),
      give_back_(database_.get(), "PRAGMA incremental_vacuum(256)") {
  page_bytes_ = std::max<std::uint64_t>(page_bytes_, 512);
  const std::string pages = "PRAGMA max_page_count=" + std::to_string(limits_.max_bytes / page_bytes_);
  execute(database_.get(), pages.c_str());
}

int Writer::add(const UseRow& row) {
  const Observation& sum = row.sum;
  return add_use_.bind(row.hour)
      .bind(std::string_view(sum.unit))
      .bind(std::string_view(sum.service))
      .bind(std::string_view(sum.host))
      .bind(std::uint64_t{static_cast<std::uint8_t>(sum.protocol)})
      .bind(std::uint64_t{sum.port})
      .bind(to_string(sum.unexpected))
      .bind(to_string(sum.function))
      .bind(sum.attempts)
      .bind(sum.established)
      .bind(sum.failed)
      .bind(to_string(sum.last_stage))
      .bind(to_string(sum.last_cause))
      .bind(row.last_failure_ns)
      .bind(sum.first_seen_ns)
      .bind(sum.last_seen_ns)
      .run();
}

int Writer::add(const AddressRow& row) {
  for (const AddressRow::Seen& seen : row.seen) {
    const int result = add_address_.bind(row.day)
                           .bind(std::string_view(row.service))
                           .bind(std::string_view(row.host))
                           .bind(std::span<const std::uint8_t>(seen.address.bytes))
                           .bind(seen.last_seen_ns)
                           .run();
    if (result != SQLITE_DONE) return result;
  }
  return trim_addresses_.bind(row.day).bind(std::string_view(row.service)).bind(std::string_view(row.host)).run();
}

int Writer::prune(std::size_t added, std::uint64_t now_ns) {
  const std::uint64_t rows = kPruneRows + 2 * added;
  const std::uint64_t oldest_ns = now_ns > limits_.max_age_ns ? now_ns - limits_.max_age_ns : 0;
  int result = delete_uses_.bind(oldest_ns / kHourNs).bind(rows).run();
  if (result == SQLITE_DONE) result = delete_addresses_.bind(oldest_ns / kDayNs).bind(rows).run();
  if (result != SQLITE_DONE) return result;

  result = used_pages_.step();
  if (result != SQLITE_ROW) return used_pages_.reset(), result;
  const std::uint64_t pages = used_pages_.number(0);
  const std::uint64_t used = pages - std::min(used_pages_.number(1), pages);
  const std::uint64_t oldest_hour = used_pages_.number(2);
  used_pages_.reset();
  if (used * page_bytes_ > limits_.max_bytes / 100 * kFullPercent) {
    // not from this hour: what does not fit into the file at all is lost visibly
    result = delete_uses_.bind(now_ns / kHourNs).bind(rows).run();
    int deleted = sqlite3_changes(database_.get());
    if (result == SQLITE_DONE) result = delete_addresses_.bind(oldest_hour * kHourNs / kDayNs).bind(rows).run();
    deleted += sqlite3_changes(database_.get());
    if (result == SQLITE_DONE && deleted == 0) result = delete_other_addresses_.bind(rows).run();
    if (result != SQLITE_DONE) return result;
  }
  return used < pages / 4 * 3 ? give_back_.run() : SQLITE_DONE;
}

std::optional<Failure> Writer::write(const Batch& batch, std::size_t from, std::size_t count, std::uint64_t now_ns) {
  const auto uses = batch.uses.rows();
  const auto addresses = batch.addresses.rows();
  int result = begin_.run();
  for (std::size_t i = from; result == SQLITE_DONE && i < from + count; ++i)
    result = i < uses.size() ? add(uses[i]) : add(addresses[i - uses.size()]);
  if (result == SQLITE_DONE) result = prune(count, now_ns);
  if (result == SQLITE_DONE) result = commit_.run();
  if (result == SQLITE_DONE) return std::nullopt;
  Failure failure = failure_of(path_, result, sqlite3_system_errno(database_.get()));
  if (sqlite3_get_autocommit(database_.get()) == 0) execute(database_.get(), "ROLLBACK");
  return failure;
}

bool Writer::moved() const {
  int moved = 0;
  return sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

}  // namespace egresswatch::history
