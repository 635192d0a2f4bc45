#include "daemon/store/sqlite/episode_table.h"

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
    episode TEXT NOT NULL) STRICT;
  CREATE INDEX episode_at ON episode(at);
)";

bool EpisodeTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_, "INSERT OR REPLACE INTO episode(key, episode, open, at) VALUES(?1, ?2, ?3, ?4)"},
       {&open_, "SELECT key, episode, open, at FROM episode WHERE open ORDER BY at, key"},
       {&newest_, "SELECT key, episode, open, at FROM episode ORDER BY at DESC, key LIMIT ?1"},
       {&prune_, "DELETE FROM episode WHERE NOT open AND at < ?1"}});
}

bool EpisodeTable::put(const EpisodeChange& change) {
  return put_.run(change.key, change.episode, change.open, change.at);
}

bool EpisodeTable::load_open(std::vector<EpisodeChange>& episodes) {
  return open_.for_each([&](const Row& row) { episodes.push_back(as_episode(row)); });
}

bool EpisodeTable::newest(std::size_t limit, std::vector<EpisodeChange>& episodes) {
  return newest_.for_each([&](const Row& row) { episodes.push_back(as_episode(row)); },
                          as_limit(limit));
}

bool EpisodeTable::prune(Instant oldest) {
  return prune_.run(oldest);
}

}  // namespace slod
