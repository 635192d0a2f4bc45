#include "daemon/store/sqlite/verdict_table.h"

#include <fmt/format.h>

#include "daemon/store/sqlite/row_sum.h"
#include "lib/text/utf8.h"

namespace slod {

const char* const VerdictTable::schema = R"(
  CREATE TABLE verdict(
    at INTEGER NOT NULL, service TEXT NOT NULL, from_level TEXT NOT NULL,
    to_level TEXT NOT NULL, reason TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(at, service)) STRICT, WITHOUT ROWID;
)";

bool VerdictTable::prepare(sqlite3* connection) {
  connection_ = connection;
  return prepare_all(connection,
                     {{&put_,
                       "INSERT OR REPLACE INTO verdict(at, service, from_level, to_level, reason,"
                       " checksum) VALUES(?1, ?2, ?3, ?4, ?5, row_sum(?1, ?2, ?3, ?4, ?5))"},
                      {&damaged_,
                       "SELECT service FROM verdict WHERE checksum NOT IN"
                       " (0, row_sum(at, service, from_level, to_level, reason))"},

                      {&newest_,
                       "SELECT at, service, from_level, to_level, reason FROM verdict"
                       " ORDER BY at DESC, service LIMIT ?1"},
                      {&prune_, "DELETE FROM verdict WHERE at < ?1"}});
}

bool VerdictTable::put(const VerdictChange& change) {
  return put_.run(change.at, change.service, change.from, change.to, change.reason);
}

bool VerdictTable::drop_damaged(std::vector<std::string>& problems) {
  std::vector<std::string> damaged;
  const auto add = [&](const Row& row) { damaged.push_back(row.bytes(0)); };
  if (!damaged_.for_each(add)) return false;
  for (const std::string& service : damaged) {
    problems.push_back(
        fmt::format("a stored change of the freeze level of {} is damaged and gone "
                    "from the history",
                    valid_utf8(service)));
  }
  return damaged.empty() ||
         keep_rows(connection_, "verdict",
                   "checksum IN (0, row_sum(at, service, from_level, to_level, reason))");
}

bool VerdictTable::newest(std::size_t limit, std::vector<VerdictChange>& verdicts) {
  const auto add = [&](const Row& row) {
    verdicts.push_back({.at = row.instant(0),
                        .service = row.bytes(1),
                        .from = row.bytes(2),
                        .to = row.bytes(3),
                        .reason = row.bytes(4)});
  };
  return newest_.for_each(add, as_limit(limit));
}

bool VerdictTable::prune(Instant oldest) {
  return prune_.run(oldest);
}

}  // namespace slod
