#include "daemon/store/sqlite/statement.h"

#include <algorithm>

namespace slod {

std::string Row::bytes(int column) const {
  const auto* begin = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return begin == nullptr ? std::string() : std::string(begin, static_cast<std::size_t>(size));
}

bool Statement::prepare(sqlite3* connection, const char* sql) {
  return sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) ==
         SQLITE_OK;
}

// The bytes are not copied: they outlive the run, and the next run binds again.

bool Statement::bind(int position, std::string_view text) {
  // A null pointer would be bound as NULL, and the tables hold none.
  const char* begin = text.empty() ? "" : text.data();
  return sqlite3_bind_text64(statement_, position, begin, text.size(), SQLITE_STATIC,
                             SQLITE_UTF8) == SQLITE_OK;
}

bool Statement::bind(int position, Blob blob) {
  if (blob.bytes.empty()) return sqlite3_bind_zeroblob(statement_, position, 0) == SQLITE_OK;
  return sqlite3_bind_blob64(statement_, position, blob.bytes.data(), blob.bytes.size(),
                             SQLITE_STATIC) == SQLITE_OK;
}

bool Statement::bind(int position, const std::optional<Blob>& blob) {
  return blob ? bind(position, *blob) : sqlite3_bind_null(statement_, position) == SQLITE_OK;
}

bool prepare_all(sqlite3* connection,
                 std::initializer_list<std::pair<Statement*, const char*>> statements) {
  return std::ranges::all_of(statements, [&](const auto& statement) {
    return statement.first->prepare(connection, statement.second);
  });
}

std::int64_t as_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000));
}

}  // namespace slod
