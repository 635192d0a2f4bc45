#include "daemon/store/sqlite/source_table.h"

namespace slod {

const char* const SourceTable::schema = R"(
  CREATE TABLE source(
    name TEXT PRIMARY KEY NOT NULL, series BLOB NOT NULL, counters BLOB NOT NULL) STRICT;
)";

bool SourceTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_,
        "INSERT INTO source(name, series, counters) VALUES(?1, coalesce(?2, x''), ?3)"
        " ON CONFLICT(name) DO UPDATE SET series = coalesce(?2, series), counters = ?3"},
       {&remove_, "DELETE FROM source WHERE name = ?1"},
       {&all_, "SELECT name, series, counters FROM source ORDER BY name"}});
}

bool SourceTable::put(const SourceChange& change) {
  const auto series = change.series.transform([](const std::string& bytes) { return Blob{bytes}; });
  return put_.run(change.source, series, Blob{change.values});
}

bool SourceTable::forget(const std::string& source) {
  return remove_.run(source);
}

bool SourceTable::load(std::vector<SourceChange>& sources) {
  return all_.for_each([&](const Row& row) {
    sources.push_back({.source = row.bytes(0), .series = row.bytes(1), .values = row.bytes(2)});
  });
}

}  // namespace slod
