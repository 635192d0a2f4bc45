#include "daemon/store/sqlite/named_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/store/named_rows.h"
#include "lib/text/utf8.h"

namespace slod {

const char* const NamedTable::schema = R"(
  CREATE TABLE named(
    name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0) STRICT;
)";

bool NamedTable::prepare(sqlite3* connection) {
  return prepare_all(connection,
                     {{&put_,
                       "INSERT OR REPLACE INTO named(name, state, checksum)"
                       " VALUES(?1, ?2, row_sum(?1, ?2))"},
                      {&remove_, "DELETE FROM named WHERE name = ?1"},
                      {&all_,
                       "SELECT name, state, checksum IN (0, row_sum(name, state)) FROM named"
                       " ORDER BY name"}});
}

bool NamedTable::put(const Remembered& remembered) {
  return std::ranges::all_of(named_rows(remembered), [&](const NamedRow& row) {
    return row.state.empty() ? remove_.run(row.name) : put_.run(row.name, row.state);
  });
}

bool NamedTable::load(Restored& restored) {
  std::vector<std::string> damaged;
  const auto read = [&](const Row& row) {
    if (row.integer(2) == 0) {
      damaged.push_back(row.bytes(0));
      return;
    }
    const NamedRow named{.name = row.bytes(0), .state = row.bytes(1)};
    if (const auto read = read_named_row(named, restored.remembered); !read) {
      restored.problems.push_back(read.error());
    }
  };
  if (!all_.for_each(read)) return false;
  for (const std::string& name : damaged) {
    restored.problems.push_back(
        fmt::format("the stored state \"{}\" is damaged, so it is not used", valid_utf8(name)));
  }
  return std::ranges::all_of(damaged,
                             [this](const std::string& name) { return remove_.run(name); });
}

}  // namespace slod
