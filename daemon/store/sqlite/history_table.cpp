#include "daemon/store/sqlite/history_table.h"

#include <algorithm>

#include "daemon/log/log.h"
#include "lib/series/state_bytes.h"
#include "lib/series/stored_samples.h"
#include "lib/state/database.h"

namespace slod {
namespace {

/// The first key behind all that begin with `prefix`, a text with its length.
std::string behind(std::string_view prefix) {
  return std::string(prefix) + std::string(sizeof(std::uint32_t) + 1, '\xff');
}

}  // namespace

// The key of `history` begins with the series, since a query reads few series over many days; and
// a day is one row, since a row costs about as much to find as a day to read.
const char* const HistoryTable::schema = R"(
  CREATE TABLE history_series(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, last_day INTEGER NOT NULL) STRICT;
  CREATE INDEX history_series_last_day ON history_series(last_day);
  CREATE TABLE history(
    series INTEGER NOT NULL, day INTEGER NOT NULL, samples BLOB NOT NULL,
    PRIMARY KEY(series, day)) STRICT, WITHOUT ROWID;
)";

bool HistoryTable::prepare(sqlite3* connection) {
  connection_ = connection;
  return prepare_all(
      connection,
      {
          {&find_series_, "SELECT id, last_day FROM history_series WHERE key = ?1"},
          {&add_series_, "INSERT INTO history_series(key, last_day) VALUES(?1, ?2)"},
          {&move_series_, "UPDATE history_series SET last_day = ?2 WHERE id = ?1"},
          {&remove_series_, "DELETE FROM history_series WHERE id = ?1"},
          {&some_series_,
           "SELECT id, key FROM history_series WHERE key >= ?1 AND key < ?2 AND last_day >= ?3"
           " ORDER BY key"},
          {&idle_series_, "SELECT id FROM history_series WHERE last_day < ?1"},
          {&one_row_, "SELECT samples FROM history WHERE series = ?1 AND day = ?2"},
          {&put_row_, "INSERT OR REPLACE INTO history(series, day, samples) VALUES(?1, ?2, ?3)"},
          {&remove_rows_, "DELETE FROM history WHERE series = ?1 AND day < ?2"},
          {&any_row_, "SELECT 1 FROM history WHERE series = ?1 LIMIT 1"},
          {&some_rows_,
           "SELECT series, samples FROM history WHERE series = ?1 AND day >= ?2 AND day <= ?3"
           " ORDER BY day"},
          {&rows_of_day_, "SELECT series, samples FROM history WHERE day = ?1"},
          {&remove_later_rows_, "DELETE FROM history WHERE day > ?1"},
          {&move_back_, "UPDATE history_series SET last_day = ?1 WHERE last_day > ?1"},
      });
}

bool HistoryTable::append(std::span<const HistoryChange> changes) {
  const bool good =
      std::ranges::all_of(changes, [&](const HistoryChange& change) { return append(change); });
  was_corrupt_ = !good && (sqlite3_extended_errcode(connection_) & 0xff) == SQLITE_CORRUPT;
  return good;
}

bool HistoryTable::append(const HistoryChange& change) {
  if (change.points.empty()) return true;
  auto series = series_of(change.series, history_day(change.points.front().at));
  if (!series) return false;
  std::span<const HistoryPoint> left = change.points;
  while (!left.empty()) {
    const std::int64_t day = history_day(left.front().at);
    const auto end = std::ranges::find_if(
        left, [day](const HistoryPoint& point) { return history_day(point.at) != day; });
    const auto count = static_cast<std::size_t>(end - left.begin());
    if (!append(*series, day, left.first(count))) return false;
    left = left.subspan(count);
  }
  return true;
}

/// The series with this key, which is added on `day` where there is none.
std::optional<HistoryTable::Series> HistoryTable::series_of(const std::string& key,
                                                            std::int64_t day) {
  std::optional<Series> series;
  const auto read = [&](const Row& row) { series = {row.integer(0), row.integer(1)}; };
  if (!find_series_.for_each(read, Blob{key})) return std::nullopt;
  if (series) return series;
  if (!add_series_.run(Blob{key}, day)) return std::nullopt;
  return Series{sqlite3_last_insert_rowid(connection_), day};
}

bool HistoryTable::append(Series& series, std::int64_t day, std::span<const HistoryPoint> points) {
  std::optional<std::string> stored;
  const auto read = [&](const Row& row) { stored = row.bytes(0); };
  if (!one_row_.for_each(read, series.id, day)) return false;
  auto chunk = std::make_unique<SampleChunk>();
  if (stored) {
    chunk = stored_chunk(*stored);
    if (!chunk) {
      log::warning("a day of the history of a series is damaged, and starts over",
                   {{"series", series.id}, {"day", day}});
      chunk = std::make_unique<SampleChunk>();
    }
  }
  const std::size_t before = chunk->size();
  for (const HistoryPoint& point : points) {
    if (chunk->empty() || point.at > chunk->last()) chunk->append(point.at, point.value);
  }
  if (chunk->size() == before) return true;
  if (!put_row_.run(series.id, day, Blob{stored_bytes(*chunk)})) return false;
  if (day <= series.last_day) return true;
  series.last_day = day;
  return move_series_.run(series.id, day) &&
         remove_rows_.run(series.id, day - Database::history_days_kept);
}

bool HistoryTable::prune(Instant now) {
  const std::int64_t today = history_day(now);
  std::vector<std::int64_t> idle;
  const auto add = [&](const Row& row) { idle.push_back(row.integer(0)); };
  if (!idle_series_.for_each(add, today - 1)) return false;
  return std::ranges::all_of(idle, [&](std::int64_t id) {
    bool has_rows = false;
    const auto note = [&](const Row&) { has_rows = true; };
    return remove_rows_.run(id, today - Database::history_days_kept) &&
           any_row_.for_each(note, id) && (has_rows || remove_series_.run(id));
  });
}

bool HistoryTable::remove_after(Instant now) {
  const std::int64_t today = history_day(now);
  std::vector<HistoryRow> rows;
  const auto add = [&](const Row& row) { rows.push_back({row.integer(0), row.bytes(1)}); };
  return remove_later_rows_.run(today) && move_back_.run(today) &&
         rows_of_day_.for_each(add, today) &&
         std::ranges::all_of(rows, [&](const HistoryRow& row) { return cut(row, now); });
}

/// Removes what a row has after `end`.
bool HistoryTable::cut(const HistoryRow& row, Instant end) {
  const auto chunk = stored_chunk(row.samples);
  if (!chunk || chunk->empty() || chunk->last() <= end) return true;
  std::vector<Instant> times;
  std::vector<double> values;
  chunk->read({Instant::min(), end}, times, values);
  SampleChunk kept;
  for (std::size_t i = 0; i < times.size(); ++i) kept.append(times[i], values[i]);
  return put_row_.run(row.series, history_day(end), Blob{stored_bytes(kept)});
}

bool HistoryTable::series(std::string_view metric, std::int64_t since,
                          std::vector<HistorySeries>& series) {
  std::string first;
  std::string last = behind("");
  if (!metric.empty()) {
    put_text(first, metric);
    last = behind(first);
  }
  const auto add = [&](const Row& row) { series.push_back({row.integer(0), row.bytes(1)}); };
  return some_series_.for_each(add, Blob{first}, Blob{last}, since);
}

bool HistoryTable::rows(std::span<const std::int64_t> series, std::int64_t first, std::int64_t last,
                        std::vector<HistoryRow>& rows) {
  const auto add = [&](const Row& row) { rows.push_back({row.integer(0), row.bytes(1)}); };
  return std::ranges::all_of(
      series, [&](std::int64_t id) { return some_rows_.for_each(add, id, first, last); });
}

}  // namespace slod
