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

#include "daemon/store/sqlite/episode_table.h"
#include "daemon/store/sqlite/history_table.h"
#include "daemon/store/sqlite/ledger_table.h"
#include "daemon/store/sqlite/named_table.h"
#include "daemon/store/sqlite/outbox_table.h"
#include "daemon/store/sqlite/source_table.h"
#include "daemon/store/sqlite/statement.h"
#include "daemon/store/sqlite/verdict_table.h"

namespace slod {
namespace {

constexpr std::int64_t application_id = 0x736c6f64;  // "slod"; `file` and SQLite show it
constexpr std::int64_t schema_version = 2;
constexpr std::int64_t schema_version_least = 1;  ///< without the history; it is added
constexpr std::size_t header_bytes = 100;
constexpr int busy_timeout_ms = 1000;  // a predecessor may still be closing

bool execute(sqlite3* connection, const std::string& sql) {
  return sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

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

std::string no_state_file(const std::filesystem::path& file) {
  return fmt::format(
      "{} is not a state file of slod (it is no SQLite file): move it away, or name another state "
      "directory",
      file.string());
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
    default:
      return failure(connection, "open", file);
  }
}

std::string system_failure(std::string_view tried, const std::filesystem::path& path) {
  return fmt::format("cannot {} {}: {}", tried, path.string(),
                     std::generic_category().message(errno));
}

/// What is wrong with the marks of a file, or nullopt where it is ours.
std::optional<std::string> check_marks(const std::filesystem::path& file, std::int64_t application,
                                       std::int64_t version) {
  if (application != application_id) {
    return fmt::format(
        "{} is an SQLite file of another program (application_id {}, expected {}): move it away, "
        "or name another state directory",
        file.string(), application, application_id);
  }
  if (version < schema_version_least || version > schema_version) {
    return fmt::format(
        "{} was written by another version of slod (schema {}, this one knows {} to {}): start the "
        "slod that wrote it, or name another state directory",
        file.string(), version, schema_version_least, schema_version);
  }
  return std::nullopt;
}

/// As check_marks, from the first bytes of the file: SQLite is not asked, because opening a file
/// may recover it, and one that is not ours is left as it is. Only the marks are looked at: after
/// a crash the pages behind them may be half written, which SQLite repairs. Where they are
/// comes from https://www.sqlite.org/fileformat2.html, "The Database Header".
std::optional<std::string> check_header(const std::filesystem::path& file,
                                        std::span<const unsigned char> header) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  constexpr std::size_t version_at = 60;
  constexpr std::size_t application_at = 68;
  if (header.size() < header_bytes || !std::equal(magic.begin(), magic.end(), header.begin())) {
    return no_state_file(file);
  }
  const auto big_endian = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (const unsigned char byte : header.subspan(at, 4)) value = value << 8U | byte;
    return static_cast<std::int32_t>(value);
  };
  return check_marks(file, big_endian(application_at), big_endian(version_at));
}

/// Creates what is absent, readable by the owner alone, and refuses what is not ours.
std::optional<std::string> look_before_opening(const std::filesystem::path& file) {
  const std::filesystem::path directory = file.parent_path();
  std::error_code error;
  if (!directory.empty() && !std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(directory.parent_path(), error);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_failure("create the state directory", directory);
    }
  }
  const int descriptor = ::open(file.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_failure("open", file);
  std::array<unsigned char, header_bytes> header{};
  const ssize_t size = ::pread(descriptor, header.data(), header.size(), 0);
  std::optional<std::string> wrong;
  if (size < 0) {
    wrong = system_failure("read", file);
  } else if (size > 0) {  // an empty file is a new one
    wrong = check_header(file, std::span(header).first(static_cast<std::size_t>(size)));
  }
  ::close(descriptor);
  return wrong;
}

bool create_tables(sqlite3* connection) {
  const std::array schemas{LedgerTable::schema, SourceTable::schema,  EpisodeTable::schema,
                           OutboxTable::schema, VerdictTable::schema, NamedTable::schema,
                           HistoryTable::schema};
  return execute(connection, "BEGIN EXCLUSIVE") &&
         std::ranges::all_of(schemas, [&](const char* sql) { return execute(connection, sql); }) &&
         execute(connection, fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; COMMIT",
                                         application_id, schema_version));
}

/// Brings a file of an earlier schema up to this one, or leaves it as it is.
bool migrate(sqlite3* connection) {
  return execute(connection, "BEGIN EXCLUSIVE") && execute(connection, HistoryTable::schema) &&
         execute(connection, fmt::format("PRAGMA user_version={}; COMMIT", schema_version));
}

/// What is wrong with the tables, by SQLite's check. The history is not checked: it is by far the
/// largest, and where it is damaged only charts have a gap.
std::expected<void, std::string> check_tables(sqlite3* connection,
                                              const std::filesystem::path& file) {
  Statement statement;
  std::vector<std::string> tables;
  const bool listed = statement.prepare(connection,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
                                        " name <> 'history'") &&
                      statement.for_each([&](const Row& row) { tables.push_back(row.bytes(0)); });
  if (!listed) return std::unexpected(refusal(connection, file));
  for (const std::string& table : tables) {
    const auto check = text_of(connection, fmt::format("PRAGMA quick_check('{}')", table).c_str());
    if (!check) return std::unexpected(refusal(connection, file));
    if (*check != "ok") return std::unexpected(damaged(file, *check));
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
  if (*version < schema_version && !migrate(connection)) return refusal(connection, file);
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
