#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/time/instant.h"

namespace slod {

/// Bytes that are no text: they are bound as a BLOB. The bytes must outlive the call.
struct Blob {
  std::string_view bytes;
};

/// The row that a query stands on.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  Instant instant(int column) const { return Instant(Duration(integer(column))); }
  /// Text or BLOB; empty for NULL.
  std::string bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One prepared statement, finalised with its owner, to be used as often as wished. A call that
/// returns false has left its reason with the connection (sqlite3_errmsg). It must not outlive its
/// connection.
class Statement {
 public:
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  /// To be called once. False where `sql` does not fit the file's tables.
  bool prepare(sqlite3* connection, const char* sql);

  /// Runs the statement with its parameters ?1, ?2 and so on, and calls `each` with every row.
  template <typename Each, typename... Arguments>
  bool for_each(Each each, const Arguments&... arguments) {
    int position = 0;
    bool good = (bind(++position, arguments) && ...);
    while (good) {
      const int code = sqlite3_step(statement_);
      if (code == SQLITE_DONE) break;
      if (code == SQLITE_ROW) {
        each(Row(statement_));
      } else {
        good = false;
      }
    }
    // The reset repeats the step's error, so the connection keeps the reason.
    sqlite3_reset(statement_);
    return good;
  }

  template <typename... Arguments>
  bool run(const Arguments&... arguments) {
    return for_each([](const Row&) {}, arguments...);
  }

 private:
  bool bind(int position, std::integral auto value) {
    return sqlite3_bind_int64(statement_, position, static_cast<std::int64_t>(value)) == SQLITE_OK;
  }
  bool bind(int position, double value) {
    return sqlite3_bind_double(statement_, position, value) == SQLITE_OK;
  }
  bool bind(int position, Instant at) { return bind(position, at.time_since_epoch().count()); }
  bool bind(int position, std::string_view text);
  bool bind(int position, Blob blob);
  bool bind(int position, const std::optional<Blob>& blob);

  sqlite3_stmt* statement_ = nullptr;
};

/// Prepares each statement. False: the file lacks a table, or a column of one.
bool prepare_all(sqlite3* connection,
                 std::initializer_list<std::pair<Statement*, const char*>> statements);

/// For LIMIT: no more than a million.
std::int64_t as_limit(std::size_t limit);

}  // namespace slod
