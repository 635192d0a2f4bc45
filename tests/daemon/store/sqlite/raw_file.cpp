#include "tests/daemon/store/sqlite/raw_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace slod {

void execute(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(raw);
  sqlite3_close(raw);
}

void drop_checksums(const std::filesystem::path& file) {
  std::string sql = "ALTER TABLE source DROP COLUMN series_sum; PRAGMA user_version=2;";
  for (const char* table :
       {"slo", "ledger", "buckets", "source", "episode", "outbox", "verdict", "named"}) {
    sql += std::string("ALTER TABLE ") + table + " DROP COLUMN checksum;";
  }
  execute(file, sql);
}

}  // namespace slod
