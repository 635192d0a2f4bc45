#include "daemon/store/sqlite/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/store/sqlite/row_sum.h"
#include "daemon/store/sqlite/schema.h"
#include "daemon/store/sqlite/state_file.h"
#include "daemon/store/sqlite/statement.h"

namespace slod {
namespace {

constexpr int busy_timeout_ms = 1000;  // a predecessor may still be closing

/// The first column of the only row of a query, or nullopt on an error.
std::optional<std::string> text_of(sqlite3* connection, const char* sql) {
  Statement statement;
  std::string text;
  if (!statement.prepare(connection, sql)) return std::nullopt;
  if (!statement.for_each([&](const Row& row) { text = row.bytes(0); })) return std::nullopt;
  return text;
}

std::optional<std::int64_t> integer_of(sqlite3* connection, const char* sql) {
  Statement statement;
  std::int64_t integer = 0;
  if (!statement.prepare(connection, sql)) return std::nullopt;
  if (!statement.for_each([&](const Row& row) { integer = row.integer(0); })) return std::nullopt;
  return integer;
}

/// Appends the first column of each row of a query.
bool names_of(sqlite3* connection, const char* sql, std::vector<std::string>& names) {
  Statement statement;
  return statement.prepare(connection, sql) &&
         statement.for_each([&](const Row& row) { names.push_back(row.bytes(0)); });
}

std::string refusal(sqlite3* connection, const std::filesystem::path& file) {
  switch (sqlite3_errcode(connection) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format(
          "{} is in use by another process, probably another slod: stop it, or give this one a "
          "state directory of its own",
          file.string());
    case SQLITE_NOTADB:
      return no_state_file(file);
    case SQLITE_CORRUPT:
      return damaged(file, sqlite3_errmsg(connection));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return failure(connection, "open", file) + cure_of_rights();
    default:
      return failure(connection, "open", file);
  }
}

/// What is wrong with the tables, by SQLite's check. The history is not checked: it is by far the
/// largest, and where it is damaged only charts have a gap.
std::expected<void, std::string> check_tables(sqlite3* connection,
                                              const std::filesystem::path& file) {
  // With the table of tables goes the list of free pages.
  std::vector<std::string> tables{"sqlite_schema"};
  if (!names_of(connection,
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'history'",
                tables)) {
    return std::unexpected(refusal(connection, file));
  }
  for (const std::string& table : tables) {
    const auto check = text_of(connection, fmt::format("PRAGMA quick_check('{}')", table).c_str());
    if (!check) return std::unexpected(refusal(connection, file));
    if (*check != "ok") return std::unexpected(damaged(file, *check));
  }
  return {};
}

/// Makes the indexes that do not fit their tables again, which quick_check does not compare. Else a
/// row would be there and not be found.
std::expected<void, std::string> remake_indexes(sqlite3* connection,
                                                const std::filesystem::path& file) {
  std::vector<std::string> tables;
  if (!names_of(connection,
                "SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = 'index' AND"
                " tbl_name <> 'history'",
                tables)) {
    return std::unexpected(refusal(connection, file));
  }
  for (const std::string& table : tables) {
    const std::string check = fmt::format("PRAGMA integrity_check('{}')", table);
    const auto found = text_of(connection, check.c_str());
    if (found && *found == "ok") continue;
    log::warning("an index of the state is damaged, and is made again from its table",
                 {{"table", table}, {"error", found.value_or(sqlite3_errmsg(connection))}});
    if (!execute(connection, fmt::format("REINDEX '{}'", table))) {
      return std::unexpected(damaged(file, sqlite3_errmsg(connection)));
    }
  }
  return {};
}

/// Locks, creates the tables of a new file, and checks the pages of an old one.
std::optional<std::string> prepare_file(sqlite3* connection, const std::filesystem::path& file) {
  sqlite3_busy_timeout(connection, busy_timeout_ms);
  // Exclusive before the first access, so that the WAL's index stays in memory and no one else
  // gets in. One connection is a must: SQLite before 3.51.3 can corrupt a WAL that two write.
  // The lock outlives the transaction; a COMMIT would write a first page into an empty file.
  const bool locked = execute(connection,
                              "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF;"
                              "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                              "PRAGMA synchronous=FULL; BEGIN EXCLUSIVE; ROLLBACK");
  if (!locked) return refusal(connection, file);
  const auto pages = integer_of(connection, "PRAGMA page_count");
  if (!pages) return refusal(connection, file);
  if (*pages == 0 && !create_tables(connection)) return refusal(connection, file);
  // Again, now that SQLite has made good what a crash left behind.
  const auto application = integer_of(connection, "PRAGMA application_id");
  const auto version = integer_of(connection, "PRAGMA user_version");
  if (!application || !version) return refusal(connection, file);
  if (const auto wrong = check_marks(file, *application, *version)) return wrong;
  if (const auto checked = check_tables(connection, file); !checked) return checked.error();
  if (text_of(connection, "PRAGMA journal_mode=WAL") != "wal") return refusal(connection, file);
  if (!execute(connection, "PRAGMA journal_size_limit=16777216")) return refusal(connection, file);
  if (*version < schema_version && !migrate(connection, *version)) return refusal(connection, file);
  if (const auto made = remake_indexes(connection, file); !made) return made.error();
  return std::nullopt;
}

}  // namespace

std::expected<Connection, std::string> open_connection(const std::filesystem::path& file) {
  if (const auto wrong = look_before_opening(file)) return std::unexpected(*wrong);
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK) return std::unexpected(failure(raw, "open", file));
  sqlite3_extended_result_codes(raw, 1);
  if (!add_row_sum(raw)) return std::unexpected(failure(raw, "open", file));
  // Closing would write the WAL into a file that is refused below.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (const auto wrong = prepare_file(raw, file)) return std::unexpected(*wrong);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return connection;
}

std::string failure(sqlite3* connection, std::string_view tried,
                    const std::filesystem::path& file) {
  const int code = sqlite3_extended_errcode(connection);
  const int primary = code & 0xff;
  std::string text = fmt::format("cannot {} {}: {} (SQLite {}", tried, file.string(),
                                 sqlite3_errmsg(connection), code);
  const int system = sqlite3_system_errno(connection);
  const bool from_system =
      primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CANTOPEN;
  if (from_system && system != 0) text += ", " + std::generic_category().message(system);
  return text + ")";
}

std::string damaged(const std::filesystem::path& file, std::string_view reason) {
  // What SQLite's check says may begin with a line that only names the database.
  reason.remove_prefix(reason.find_last_of('\n') + 1);
  return fmt::format(
      "{} is damaged ({}): put a copy in its place, or move it away to start with none; it was "
      "left "
      "as it is",
      file.string(), reason);
}

}  // namespace slod
