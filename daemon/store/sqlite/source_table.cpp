#include "daemon/store/sqlite/source_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/text/utf8.h"

namespace slod {

const char* const SourceTable::schema = R"(
  CREATE TABLE source(
    name TEXT PRIMARY KEY NOT NULL, series BLOB NOT NULL, counters BLOB NOT NULL,
    series_sum INTEGER NOT NULL DEFAULT 0, checksum INTEGER NOT NULL DEFAULT 0) STRICT;
)";

bool SourceTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_,
        "INSERT INTO source(name, series, counters, series_sum, checksum) VALUES(?1,"
        " coalesce(?2, x''), ?3, row_sum(coalesce(?2, x'')),"
        " row_sum(?1, ?3, row_sum(coalesce(?2, x''))))"
        " ON CONFLICT(name) DO UPDATE SET series = coalesce(?2, series), counters = ?3,"
        " series_sum = iif(?2 IS NULL, series_sum, row_sum(?2)),"
        " checksum = row_sum(?1, ?3, iif(?2 IS NULL, series_sum, row_sum(?2)))"},
       {&remove_, "DELETE FROM source WHERE name = ?1"},
       {&all_,
        "SELECT name, series, counters, series_sum IN (0, row_sum(series))"
        " AND checksum IN (0, row_sum(name, counters, series_sum)) FROM source ORDER BY name"}});
}

bool SourceTable::put(const SourceChange& change) {
  const auto series = change.series.transform([](const std::string& bytes) { return Blob{bytes}; });
  return put_.run(change.source, series, Blob{change.values});
}

bool SourceTable::forget(const std::string& source) {
  return remove_.run(source);
}

bool SourceTable::load(Restored& restored) {
  std::vector<std::string> damaged;
  const auto add = [&](const Row& row) {
    if (row.integer(3) == 0) {
      damaged.push_back(row.bytes(0));
      return;
    }
    restored.sources.push_back(
        {.source = row.bytes(0), .series = row.bytes(1), .values = row.bytes(2)});
  };
  if (!all_.for_each(add)) return false;
  for (const std::string& source : damaged) {
    restored.problems.push_back(
        fmt::format("the stored counters of source {} are damaged: it starts without them, and "
                    "what it counted while slod was down is not known",
                    valid_utf8(source)));
  }
  return std::ranges::all_of(damaged, [this](const std::string& source) { return forget(source); });
}

}  // namespace slod
