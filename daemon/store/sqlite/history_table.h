#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/metric_history.h"
#include "lib/time/instant.h"

namespace slod {

/// The tables of the metric history: for each series one row a day, with its compressed samples
/// behind a checksum. A row whose samples are damaged is passed over with a warning in
/// the log. A call that returns false has left its reason with the connection.
class HistoryTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  /// Appends within the transaction that is open.
  bool append(std::span<const HistoryChange> changes);
  /// Whether the last append failed because the file is damaged.
  bool is_corrupt() const { return was_corrupt_; }
  /// See Database::prune_history.
  bool prune(Instant now);
  /// See Database::remove_history_after.
  bool remove_after(Instant now);

  /// The series of a metric, or all for the empty one, that were appended to on `since` or later.
  bool series(std::string_view metric, std::int64_t since, std::vector<HistorySeries>& series);
  /// Their rows from `first` to `last`, by series and day.
  bool rows(std::span<const std::int64_t> series, std::int64_t first, std::int64_t last,
            std::vector<HistoryRow>& rows);

 private:
  struct Series {
    std::int64_t id = 0;
    std::int64_t last_day = 0;
  };

  bool append(const HistoryChange& change);
  bool cut(const HistoryRow& row, Instant end);
  bool append(Series& series, std::int64_t day, std::span<const HistoryPoint> points);
  std::optional<Series> series_of(const std::string& key, std::int64_t day);

  sqlite3* connection_ = nullptr;
  bool was_corrupt_ = false;
  Statement find_series_, add_series_, move_series_, remove_series_;
  Statement some_series_, idle_series_;
  Statement one_row_, put_row_, remove_rows_, some_rows_, any_row_;
  Statement rows_of_day_, remove_later_rows_, move_back_;
};

}  // namespace slod
