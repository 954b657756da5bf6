// SPDX-License-Identifier: Apache-2.0
#include "history/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace egresswatch::history {
namespace {

constexpr std::uint64_t kSchemaVersion = 1;
constexpr int kMaxValue = 64 * 1024;  // bytes of a text, or of a statement

// Without rowid, and the time first: what comes now lies together, and the oldest is the beginning of the table. Names
// of stages and causes instead of numbers, so that a person can read them with sqlite3(1).
constexpr const char* kAddressTable =
    "CREATE TABLE address(day INTEGER NOT NULL, service TEXT NOT NULL, host TEXT NOT NULL, address BLOB NOT NULL, "
    "last_seen_ns INTEGER NOT NULL, PRIMARY KEY(day, service, host, address)) STRICT, WITHOUT ROWID";
constexpr const char* kObservationTable =
    "CREATE TABLE observation(hour INTEGER NOT NULL, unit TEXT NOT NULL, service TEXT NOT NULL, host TEXT NOT NULL, "
    "protocol INTEGER NOT NULL, port INTEGER NOT NULL, unexpected TEXT NOT NULL, function TEXT NOT NULL, "
    "attempts INTEGER NOT NULL, established INTEGER NOT NULL, failed INTEGER NOT NULL, last_stage TEXT NOT NULL, "
    "last_cause TEXT NOT NULL, last_failure_ns INTEGER NOT NULL, first_seen_ns INTEGER NOT NULL, "
    "last_seen_ns INTEGER NOT NULL, PRIMARY KEY(hour, unit, service, host, protocol, port, unexpected)) "
    "STRICT, WITHOUT ROWID";
// in the order of their names
constexpr std::array<const char*, 2> kTables{kAddressTable, kObservationTable};

bool means_damage(int error) { return (error & 0xff) == SQLITE_CORRUPT || (error & 0xff) == SQLITE_NOTADB; }

// SQLITE_DONE if the schema is ours, SQLITE_MISMATCH if it is another, else the error.
int compare_schema(sqlite3* database, bool& empty) {
  Statement objects(database, "SELECT type, sql FROM sqlite_schema ORDER BY name");
  std::size_t seen = 0;
  int result = objects.step();
  empty = result == SQLITE_DONE;
  for (; result == SQLITE_ROW; result = objects.step(), ++seen)
    if (seen == kTables.size() || objects.text(0) != "table" || objects.text(1) != kTables[seen])
      return SQLITE_MISMATCH;
  if (result == SQLITE_DONE && seen < kTables.size()) return SQLITE_MISMATCH;
  return result;
}

}  // namespace

void CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  error_ = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
}

Statement& Statement::bind(std::uint64_t value) {
  const auto number = static_cast<sqlite3_int64>(std::min<std::uint64_t>(value, INT64_MAX));
  if (statement_) sqlite3_bind_int64(statement_.get(), ++bound_, number);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // a null pointer would be NULL
  const char* const data = text.empty() ? "" : text.data();
  if (statement_) sqlite3_bind_text(statement_.get(), ++bound_, data, static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> bytes) {
  if (statement_)
    sqlite3_bind_blob(statement_.get(), ++bound_, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

int Statement::step() { return statement_ ? sqlite3_step(statement_.get()) : error_; }

int Statement::run() {
  int result = step();
  while (result == SQLITE_ROW) result = step();
  reset();
  return result;
}

void Statement::reset() {
  if (statement_) sqlite3_reset(statement_.get());
  bound_ = 0;
}

std::uint64_t Statement::number(int column) const {
  return static_cast<std::uint64_t>(std::max<sqlite3_int64>(sqlite3_column_int64(statement_.get(), column), 0));
}

std::string_view Statement::text(int column) const {
  const void* const data = sqlite3_column_text(statement_.get(), column);
  if (!data) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::uint8_t> Statement::bytes(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  if (!data) return {};
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int execute(sqlite3* database, const char* sql) { return sqlite3_exec(database, sql, nullptr, nullptr, nullptr); }

std::uint64_t ask_number(sqlite3* database, std::string_view sql) {
  Statement question(database, sql);
  return question.step() == SQLITE_ROW ? question.number(0) : 0;
}

void distrust(sqlite3* database, int busy_timeout_ms) {
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, busy_timeout_ms);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMaxValue);
  sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, kMaxValue);
  execute(database, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY");
}

Inspection inspect(sqlite3* database) {
  bool empty = false;
  const int compared = compare_schema(database, empty);
  if (means_damage(compared)) return {FileState::damaged, compared};
  if (compared != SQLITE_DONE && compared != SQLITE_MISMATCH) return {FileState::unknown, compared};
  const std::uint64_t application = ask_number(database, "PRAGMA application_id");
  const std::uint64_t version = ask_number(database, "PRAGMA user_version");
  if (empty && application == 0 && version == 0) return {FileState::empty, SQLITE_OK};
  if (application == kApplicationId && version > kSchemaVersion) return {FileState::newer, SQLITE_OK};
  if (application != kApplicationId || version != kSchemaVersion || compared != SQLITE_DONE)
    return {FileState::foreign, SQLITE_OK};

  Statement check(database, "PRAGMA quick_check(1)");
  const int checked = check.step();
  if (checked == SQLITE_ROW && check.text(0) == "ok") return {FileState::ours, SQLITE_OK};
  if (checked == SQLITE_ROW || means_damage(checked)) return {FileState::damaged, SQLITE_CORRUPT};
  return {FileState::unknown, checked};
}

int create_schema(sqlite3* database) {
  int result = execute(database, "BEGIN IMMEDIATE");
  for (const char* const table : kTables)
    if (result == SQLITE_OK) result = execute(database, table);
  const std::string marks = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                            "; PRAGMA user_version=" + std::to_string(kSchemaVersion) + "; COMMIT";
  if (result == SQLITE_OK) result = execute(database, marks.c_str());
  if (result != SQLITE_OK) execute(database, "ROLLBACK");
  return result;
}

}  // namespace egresswatch::history
