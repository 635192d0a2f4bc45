#pragma once

#include <sqlite3.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace slod {

struct CloseConnection {
  // Unlike sqlite3_close, it also succeeds while a statement still lives.
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

/// Opens the file as open_sqlite describes it: created and given its tables where absent,
/// locked against every other process, checked for damage. A refused file keeps its bytes.
std::expected<Connection, std::string> open_connection(const std::filesystem::path& file);

/// "cannot commit to /var/lib/slod/slod.db: database or disk is full (SQLite 13, No space left on
/// device)", from the last error of the connection.
std::string failure(sqlite3* connection, std::string_view tried, const std::filesystem::path& file);

/// That `file` cannot be trusted, why, and what to do about it.
std::string damaged(const std::filesystem::path& file, std::string_view reason);

}  // namespace slod
