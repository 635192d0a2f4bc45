#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/store.h"
#include "lib/series/labels.h"
#include "lib/series/state_bytes.h"
#include "lib/series/stored_samples.h"
#include "tests/daemon/store/raw_file.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Instant start = parse_instant("2026-01-01T00:00:00Z").value();
constexpr Interval ever{Instant::min(), Instant::max()};

std::string key(const std::string& metric, int slo) {
  return series_key(metric, Labels{{"slo", fmt::to_string(slo)}});
}

using Points = std::map<Instant, double>;
using History = std::map<std::string, Points>;

void append(Database& database, const std::vector<HistoryChange>& history) {
  const auto done = database.append(history);
  EXPECT_TRUE(done) << done.error();
}

HistoryChange change(const std::string& series, const Points& points) {
  HistoryChange all{.series = series, .points = {}};
  for (const auto& [at, value] : points) all.points.push_back({at, value});
  return all;
}

/// All that is stored, of the rows that are not damaged.
History stored(Database& database, const std::string& metric = "", Interval range = ever,
               int* damaged = nullptr) {
  History history;
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

TEST(History, GivesBackWhatWasAppendedThroughRestarts) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const ScratchDirectory scratch;
    History oracle;
    auto database = Database::open(scratch.state_file());
    ASSERT_TRUE(database) << database.error();
    Instant now = start;
    for (int step = 0; step < 300; ++step, now += hours(1)) {
      std::vector<HistoryChange> changes;
      for (int slo = 0; slo < 6; ++slo) {
        if (random() % 4 == 0) continue;
        const std::string series = key(slo % 2 == 0 ? "slod_even" : "slod_odd", slo);
        Points points;
        // Some come again, as after a commit that reported an error although it was kept.
        for (int i = -2; i < 12; ++i) {
          const Instant at = now + minutes(5 * i);
          const bool is_new = oracle[series].empty() || at > oracle[series].rbegin()->first;
          const double value = static_cast<double>(random() % 100);
          points[at] = value;
          if (is_new) oracle[series][at] = value;
        }
        changes.push_back(change(series, points));
      }
      append(*database, changes);
      if (random() % 50 == 0) {
        database = std::unexpected(std::string());
        database = Database::open(scratch.state_file());
        ASSERT_TRUE(database) << database.error();
      }
    }
    std::erase_if(oracle, [](const auto& series) { return series.second.empty(); });
    EXPECT_TRUE(stored(*database) == oracle);
    History even = oracle;
    std::erase_if(even, [](const auto& series) {
      return series.first.find("slod_even") == std::string::npos;
    });
    EXPECT_EQ(even.size(), 3U);
    EXPECT_TRUE(stored(*database, "slod_even") == even);
    EXPECT_TRUE(stored(*database, "slod_eve").empty());
    const Interval range{start + days(3) + hours(5), start + days(4) + hours(7)};
    for (const auto& [series, points] : stored(*database, "", range)) {
      const auto first = oracle.at(series).upper_bound(range.begin);
      EXPECT_EQ(points, Points(first, oracle.at(series).upper_bound(range.end)));
    }
  }
}

TEST(History, ForgetsADayAfterNinety) {
  const ScratchDirectory scratch;
  auto database = Database::open(scratch.state_file());
  const std::string lives = key("slod_a", 1);
  const std::string removed = key("slod_a", 2);
  const std::string revived = key("slod_a", 3);
  for (int day = 0; day < 200; ++day) {
    const Instant at = start + days(day) + hours(12);
    std::vector<HistoryChange> changes{change(lives, {{at, day}})};
    if (day < 50) changes.push_back(change(removed, {{at, day}}));
    if (day < 50 || day > 120) changes.push_back(change(revived, {{at, day}}));
    append(*database, changes);
    ASSERT_TRUE(database->prune_history(at));
    if (day == 100) {
      EXPECT_EQ(stored(*database).at(removed).begin()->second, 10) << "90 days ago";
    }
    if (day == 121) {
      EXPECT_EQ(stored(*database).at(revived).begin()->second, 31);
    }
  }
  const History history = stored(*database);
  EXPECT_EQ(history.size(), 2U) << "the series that is gone is forgotten as well";
  EXPECT_EQ(history.at(lives).size(), 91U);
  EXPECT_EQ(history.at(lives).begin()->second, 109);
  EXPECT_EQ(history.at(revived).begin()->second, 121);
  EXPECT_EQ(database->history_series("slod_a", history_day(start + days(150)))->size(), 2U);
}

TEST(History, PassesOverADamagedDayAndGoesOn) {
  const ScratchDirectory scratch;
  Points points;
  for (int i = 0; i < 3 * 288; ++i) points[start + i * minutes(5)] = i;
  {
    auto database = Database::open(scratch.state_file());
    append(*database, {change(key("slod_a", 1), points), change(key("slod_b", 1), points)});
  }
  const std::int64_t day = history_day(start);
  execute(scratch.state_file(),
          fmt::format("UPDATE history SET samples = x'00112233445566' WHERE day = {} OR (series = 1"
                      " AND day = {})",
                      day + 1, day + 2));
  auto database = Database::open(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  int damaged = 0;
  const History history = stored(*database, "", ever, &damaged);
  EXPECT_EQ(damaged, 3);
  EXPECT_EQ(history.at(key("slod_a", 1)).size(), 288U);
  EXPECT_EQ(history.at(key("slod_b", 1)).size(), 2 * 288U);
  // A damaged day that is not over begins anew.
  const Instant next = start + days(3) - minutes(1);
  append(*database, {change(key("slod_a", 1), {{next, 7}})});
  damaged = 0;
  EXPECT_EQ(stored(*database, "", ever, &damaged).at(key("slod_a", 1)).size(), 289U);
  EXPECT_EQ(damaged, 2);
}

/// The number of the page where a table begins.
std::int64_t root_page(const std::filesystem::path& file, const std::string& table) {
  sqlite3* connection = nullptr;
  std::int64_t page = 0;
  sqlite3_open(file.c_str(), &connection);
  sqlite3_exec(
      connection,
      fmt::format("SELECT rootpage FROM sqlite_schema WHERE name = '{}'", table).c_str(),
      [](void* out, int, char** values, char**) {
        *static_cast<std::int64_t*>(out) = std::stoll(values[0]);
        return 0;
      },
      &page, nullptr);
  sqlite3_close(connection);
  return page;
}

TEST(History, ThatIsDamagedThroughoutKeepsNothingElseFromBeingStored) {
  const ScratchDirectory scratch;
  {
    auto database = Database::open(scratch.state_file());
    for (int slo = 0; slo < 50; ++slo)
      append(*database, {change(key("slod_a", slo), {{start, 1}})});
  }
  execute(scratch.state_file(), "PRAGMA journal_mode=DELETE");
  std::string bytes = bytes_of(scratch.state_file());
  const auto page = static_cast<std::size_t>(root_page(scratch.state_file(), "history"));
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>((page - 1) * 4096), 4096, '\x55');
  write_bytes(scratch.state_file(), bytes);
  auto database = Database::open(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  append(*database, {change(key("slod_a", 7), {{start + minutes(5), 2}}),
                     change(key("slod_a", 8), {{start + minutes(5), 2}})});
  EXPECT_FALSE(database->prune_history(start + days(100))) << "an error, not a crash";
  Changes changes;
  changes.remembered.removals.push_back({"api/a", start});
  const auto done = database->commit(changes);
  EXPECT_TRUE(done) << done.error();
  EXPECT_EQ(database->load()->remembered.removals.size(), 1U);
  const auto series = database->history_series("slod_a", 0);
  ASSERT_TRUE(series);
  const std::vector<std::int64_t> ids{series->front().id};
  EXPECT_FALSE(database->history_rows(ids, 0, 1'000'000)) << "an error, not a crash";
}

TEST(History, IsAddedToAFileOfTheSchemaBefore) {
  const ScratchDirectory scratch;
  {
    auto database = Database::open(scratch.state_file());
    Changes changes;
    changes.remembered.removals.push_back({"api/a", start});
    ASSERT_TRUE(database->commit(changes));
  }
  execute(scratch.state_file(),
          "DROP TABLE history; DROP TABLE history_series; PRAGMA user_version=1");
  {
    auto database = Database::open(scratch.state_file());
    ASSERT_TRUE(database) << database.error();
    EXPECT_EQ(database->load()->remembered.removals.size(), 1U);
    append(*database, {change(key("slod_a", 1), {{start, 1}})});
  }
  auto database = Database::open(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  EXPECT_EQ(stored(*database).size(), 1U);
}

TEST(History, IsWholeUpToTheLastCommitWhenKilled) {
  const ScratchDirectory scratch;
  for (int round = 0; round < 10; ++round) {
    EXPECT_TRUE(in_other_process([&] {
      auto database = Database::open(scratch.state_file());
      if (!database) return false;
      const Instant at = start + round * hours(7);
      const std::vector<HistoryChange> changes{
          change(key("slod_a", 1), {{at, round}, {at + minutes(5), -round}})};
      return database->append(changes).has_value();
    }));
    auto database = Database::open(scratch.state_file());
    ASSERT_TRUE(database) << database.error();
    EXPECT_EQ(stored(*database).at(key("slod_a", 1)).size(),
              2U * (static_cast<unsigned>(round) + 1));
  }
}

TEST(StoreHistory, IsReadFromAnyThreadAndRefusedOnceClosed) {
  const ScratchDirectory scratch;
  auto database = Database::open(scratch.state_file());
  append(*database, {change(key("slod_a", 1), {{start, 1}})});
  Store store(std::move(*database), [](const std::function<void()>&) { FAIL() << "no loop"; });
  const auto series = store.history_series("slod_a", 0).get();
  ASSERT_TRUE(series) << series.error();
  ASSERT_EQ(series->size(), 1U);
  const auto rows = store.history_rows({series->front().id}, 0, 1'000'000).get();
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(rows->size(), 1U);
  ASSERT_TRUE(store.close(std::chrono::seconds(10)));
  const auto refused = store.history_series("slod_a", 0).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "the store is closed");
}

}  // namespace
}  // namespace slod
