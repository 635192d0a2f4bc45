#include "tests/support/state/metric_points.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/series/labels.h"
#include "lib/series/state_bytes.h"
#include "lib/series/stored_samples.h"

namespace slod {

std::string key(const std::string& metric, int slo) {
  return series_key(metric, Labels{{"slo", fmt::to_string(slo)}});
}

void append(Database& database, const std::vector<HistoryChange>& history) {
  const auto done = database.append(history);
  EXPECT_TRUE(done) << done.error();
}

HistoryChange change(const std::string& series, const Points& points) {
  HistoryChange all{.series = series, .points = {}};
  for (const auto& [at, value] : points) all.points.push_back({at, value});
  return all;
}

PointsBySeries stored(Database& database, const std::string& metric, Interval range, int* damaged) {
  PointsBySeries history;
  const std::int64_t first = range == ever ? 0 : history_day(range.begin);
  const std::int64_t last = range == ever ? 1'000'000 : history_day(range.end);
  const auto series = database.history_series(metric, first);
  EXPECT_TRUE(series) << series.error();
  for (const HistorySeries& each : *series) {
    Points& points = history[each.key];
    const std::vector<std::int64_t> ids{each.id};
    const auto rows = database.history_rows(ids, first, last);
    EXPECT_TRUE(rows) << rows.error();
    for (const HistoryRow& row : *rows) {
      std::vector<Instant> times;
      std::vector<double> values;
      const bool good = read_stored(row.samples, range, times, values);
      if (!good && damaged != nullptr) ++*damaged;
      EXPECT_TRUE(good || damaged != nullptr);
      for (std::size_t i = 0; i < times.size(); ++i) {
        EXPECT_TRUE(points.emplace(times[i], values[i]).second) << "twice";
      }
    }
  }
  return history;
}

}  // namespace slod
