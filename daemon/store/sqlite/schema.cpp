#include "daemon/store/sqlite/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/store/sqlite/episode_table.h"
#include "daemon/store/sqlite/history_table.h"
#include "daemon/store/sqlite/ledger_table.h"
#include "daemon/store/sqlite/named_table.h"
#include "daemon/store/sqlite/outbox_table.h"
#include "daemon/store/sqlite/source_table.h"
#include "daemon/store/sqlite/verdict_table.h"

namespace slod {
namespace {

constexpr std::int64_t schema_with_history = 2;
constexpr std::int64_t schema_with_checksums = 3;

/// Rows that are there get no checksum: they are read as they are until they are written again.
bool add_checksums(sqlite3* connection) {
  constexpr std::string_view column = "checksum INTEGER NOT NULL DEFAULT 0";
  constexpr std::array tables{"slo",     "ledger", "buckets", "source",
                              "episode", "outbox", "verdict", "named"};
  return execute(connection,
                 "ALTER TABLE source ADD COLUMN series_sum INTEGER NOT NULL DEFAULT 0") &&
         std::ranges::all_of(tables, [&](const char* table) {
           return execute(connection, fmt::format("ALTER TABLE {} ADD COLUMN {}", table, column));
         });
}

}  // namespace

bool execute(sqlite3* connection, const std::string& sql) {
  return sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
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

bool migrate(sqlite3* connection, std::int64_t version) {
  return execute(connection, "BEGIN EXCLUSIVE") &&
         (version >= schema_with_history || execute(connection, HistoryTable::schema)) &&
         (version >= schema_with_checksums || add_checksums(connection)) &&
         execute(connection, fmt::format("PRAGMA user_version={}; COMMIT", schema_version));
}

}  // namespace slod
