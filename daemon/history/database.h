// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

// The little of SQLite's interface that is needed here. Where nothing else is said, an int is one of its result codes.
namespace egresswatch::history {

inline constexpr std::uint32_t kApplicationId = 0x65677768;  // "egwh", in the header of the file

struct CloseDatabase {
  void operator()(sqlite3* database) const;
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// One statement, compiled once. Without one, after an error, every call gives that error.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);

  // In the order of the question marks. The bytes must live until the statement has run.
  Statement& bind(std::uint64_t value);  // what is beyond INT64_MAX becomes that
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::uint8_t> bytes);

  int step();
  // To the end, and ready for the next time: SQLITE_DONE, or what went wrong.
  int run();
  void reset();

  // Of the row that step() came to. Negative numbers read as 0; texts and bytes are valid until the next step().
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int error_ = 0;
  int bound_ = 0;
};

// Statements without results.
int execute(sqlite3* database, const char* sql);
// The first column of the only row; 0 if there is none.
std::uint64_t ask_number(sqlite3* database, std::string_view sql);

// What makes a file of others harmless, and work on it short: nothing of its schema is trusted, and no value is long.
void distrust(sqlite3* database, int busy_timeout_ms);

enum class FileState {
  empty,    // nothing was ever written
  ours,     // of this version
  newer,    // of a later version of the program
  foreign,  // a database, but not ours
  damaged,  // not a database, or not a whole one
  unknown,  // it could not be read: `error`
};
struct Inspection {
  FileState state = FileState::unknown;
  int error = 0;
};

// Compares the whole schema with ours, text by text, so that what is read later are tables and not views or triggers of
// a stranger; then has every page checked.
Inspection inspect(sqlite3* database);
// Makes the tables of an empty file.
int create_schema(sqlite3* database);

}  // namespace egresswatch::history
