#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace slod {

constexpr std::int64_t application_id = 0x736c6f64;  ///< "slod"; `file` and SQLite show it
constexpr std::int64_t schema_version = 3;
constexpr std::int64_t schema_version_least = 1;

/// Runs SQL that has no rows. False: the reason is with the connection.
bool execute(sqlite3* connection, const std::string& sql);

/// Gives an empty file its tables and marks.
bool create_tables(sqlite3* connection);

/// Brings a file of an earlier schema up to this one, or leaves it as it is.
bool migrate(sqlite3* connection, std::int64_t version);

}  // namespace slod
