#include "daemon/store/sqlite/episode_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "lib/text/utf8.h"

namespace slod {
namespace {

EpisodeChange as_episode(const Row& row) {
  return {.key = row.bytes(0),
          .episode = row.bytes(1),
          .open = row.integer(2) != 0,
          .at = row.instant(3)};
}

}  // namespace

const char* const EpisodeTable::schema = R"(
  CREATE TABLE episode(
    key TEXT PRIMARY KEY NOT NULL, open INTEGER NOT NULL, at INTEGER NOT NULL,
    episode TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE INDEX episode_at ON episode(at);
)";

bool EpisodeTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_,
        "INSERT OR REPLACE INTO episode(key, episode, open, at, checksum)"
        " VALUES(?1, ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4))"},
       {&open_or_damaged_,
        "SELECT key, episode, open, at, good FROM (SELECT *,"
        " checksum IN (0, row_sum(key, episode, open, at)) AS good FROM episode)"
        " WHERE open OR NOT good ORDER BY at, key"},
       {&remove_, "DELETE FROM episode WHERE key = ?1"},
       {&newest_, "SELECT key, episode, open, at FROM episode ORDER BY at DESC, key LIMIT ?1"},
       {&prune_, "DELETE FROM episode WHERE NOT open AND at < ?1"}});
}

bool EpisodeTable::put(const EpisodeChange& change) {
  return put_.run(change.key, change.episode, change.open, change.at);
}

bool EpisodeTable::load_open(Restored& restored) {
  std::vector<std::string> damaged;
  const auto add = [&](const Row& row) {
    if (row.integer(4) != 0) {
      restored.episodes.push_back(as_episode(row));
    } else {
      damaged.push_back(row.bytes(0));
    }
  };
  if (!open_or_damaged_.for_each(add)) return false;
  for (const std::string& key : damaged) {
    restored.problems.push_back(
        fmt::format("the stored alert {} is damaged and left out: if it was firing, it may fire "
                    "again as another one",
                    valid_utf8(key)));
  }
  return std::ranges::all_of(damaged, [this](const std::string& key) { return remove_.run(key); });
}

bool EpisodeTable::newest(std::size_t limit, std::vector<EpisodeChange>& episodes) {
  return newest_.for_each([&](const Row& row) { episodes.push_back(as_episode(row)); },
                          as_limit(limit));
}

bool EpisodeTable::prune(Instant oldest) {
  return prune_.run(oldest);
}

}  // namespace slod
