#include "daemon/store/sqlite/row_sum.h"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "daemon/store/sqlite/schema.h"

namespace slod {
namespace {

uLong with_bytes(uLong sum, const void* bytes, std::size_t size) {
  return size == 0 ? sum : crc32_z(sum, static_cast<const Bytef*>(bytes), size);
}

/// The sum continued by the type of a value, and the value.
uLong with_value(uLong sum, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  std::int64_t number = 0;
  const void* bytes = nullptr;
  switch (type) {
    case SQLITE_INTEGER:
      number = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      // SQLite stores -0.0 as 0, which compares equal.
      number = std::bit_cast<std::int64_t>(sqlite3_value_double(value) + 0.0);
      break;
    case SQLITE_TEXT:
      bytes = sqlite3_value_text(value);
      number = sqlite3_value_bytes(value);
      break;
    case SQLITE_BLOB:
      bytes = sqlite3_value_blob(value);
      number = sqlite3_value_bytes(value);
      break;
    default:
      break;
  }
  sum = with_bytes(sum, &type, sizeof(type));
  sum = with_bytes(sum, &number, sizeof(number));
  return bytes == nullptr ? sum : with_bytes(sum, bytes, static_cast<std::size_t>(number));
}

void row_sum(sqlite3_context* context, int count, sqlite3_value** values) {
  uLong sum = crc32_z(0, nullptr, 0);
  for (sqlite3_value* value : std::span(values, static_cast<std::size_t>(count))) {
    sum = with_value(sum, value);
  }
  const auto stored = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
  sqlite3_result_int(context, stored == 0 ? 1 : stored);
}

}  // namespace

bool add_row_sum(sqlite3* connection) {
  return sqlite3_create_function_v2(connection, "row_sum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                    nullptr, row_sum, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool keep_rows(sqlite3* connection, std::string_view table, std::string_view good) {
  return execute(connection, fmt::format("CREATE TABLE kept AS SELECT * FROM {0} WHERE {1};"
                                         "DELETE FROM {0};"
                                         "INSERT INTO {0} SELECT * FROM kept;"
                                         "DROP TABLE kept",
                                         table, good));
}

}  // namespace slod
