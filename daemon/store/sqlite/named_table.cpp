#include "daemon/store/sqlite/named_table.h"

#include <algorithm>

#include "daemon/store/named_rows.h"

namespace slod {

const char* const NamedTable::schema = R"(
  CREATE TABLE named(name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL) STRICT;
)";

bool NamedTable::prepare(sqlite3* connection) {
  return prepare_all(connection,
                     {{&put_, "INSERT OR REPLACE INTO named(name, state) VALUES(?1, ?2)"},
                      {&remove_, "DELETE FROM named WHERE name = ?1"},
                      {&all_, "SELECT name, state FROM named ORDER BY name"}});
}

bool NamedTable::put(const Remembered& remembered) {
  return std::ranges::all_of(named_rows(remembered), [&](const NamedRow& row) {
    return row.state.empty() ? remove_.run(row.name) : put_.run(row.name, row.state);
  });
}

bool NamedTable::load(Restored& restored) {
  return all_.for_each([&](const Row& row) {
    const NamedRow named{.name = row.bytes(0), .state = row.bytes(1)};
    if (const auto read = read_named_row(named, restored.remembered); !read) {
      restored.problems.push_back(read.error());
    }
  });
}

}  // namespace slod
