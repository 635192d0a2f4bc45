#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/store/sqlite/sqlite_database.h"
#include "daemon/store/store.h"
#include "tests/daemon/store/sqlite/raw_file.h"
#include "tests/support/scratch.h"
#include "tests/support/state/metric_points.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Instant start = parse_instant("2026-01-01T00:00:00Z").value();
TEST(History, PassesOverADamagedDayAndGoesOn) {
  const ScratchDirectory scratch;
  Points points;
  for (int i = 0; i < 3 * 288; ++i) points[start + i * minutes(5)] = i;
  {
    auto database = open_sqlite(scratch.state_file());
    append(**database, {change(key("slod_a", 1), points), change(key("slod_b", 1), points)});
  }
  const std::int64_t day = history_day(start);
  execute(scratch.state_file(),
          fmt::format("UPDATE history SET samples = x'00112233445566' WHERE day = {} OR (series = 1"
                      " AND day = {})",
                      day + 1, day + 2));
  auto database = open_sqlite(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  int damaged = 0;
  const PointsBySeries history = stored(**database, "", ever, &damaged);
  EXPECT_EQ(damaged, 3);
  EXPECT_EQ(history.at(key("slod_a", 1)).size(), 288U);
  EXPECT_EQ(history.at(key("slod_b", 1)).size(), 2 * 288U);
  // A damaged day that is not over starts over.
  const Instant next = start + days(3) - minutes(1);
  append(**database, {change(key("slod_a", 1), {{next, 7}})});
  damaged = 0;
  EXPECT_EQ(stored(**database, "", ever, &damaged).at(key("slod_a", 1)).size(), 289U);
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
    auto database = open_sqlite(scratch.state_file());
    for (int slo = 0; slo < 50; ++slo)
      append(**database, {change(key("slod_a", slo), {{start, 1}})});
  }
  execute(scratch.state_file(), "PRAGMA journal_mode=DELETE");
  std::string bytes = bytes_of(scratch.state_file());
  const auto page = static_cast<std::size_t>(root_page(scratch.state_file(), "history"));
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>((page - 1) * 4096), 4096, '\x55');
  write_bytes(scratch.state_file(), bytes);
  auto database = open_sqlite(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  append(**database, {change(key("slod_a", 7), {{start + minutes(5), 2}}),
                      change(key("slod_a", 8), {{start + minutes(5), 2}})});
  EXPECT_FALSE((*database)->prune_history(start + days(100))) << "an error, not a crash";
  Changes changes;
  changes.remembered.removals.push_back({"api/a", start});
  const auto done = (*database)->commit(changes);
  EXPECT_TRUE(done) << done.error();
  EXPECT_EQ((*database)->load()->remembered.removals.size(), 1U);
  const auto series = (*database)->history_series("slod_a", 0);
  ASSERT_TRUE(series);
  const std::vector<std::int64_t> ids{series->front().id};
  EXPECT_FALSE((*database)->history_rows(ids, 0, 1'000'000)) << "an error, not a crash";
}

TEST(History, IsAddedToAFileOfTheSchemaBefore) {
  const ScratchDirectory scratch;
  {
    auto database = open_sqlite(scratch.state_file());
    Changes changes;
    changes.remembered.removals.push_back({"api/a", start});
    ASSERT_TRUE((*database)->commit(changes));
  }
  drop_checksums(scratch.state_file());
  execute(scratch.state_file(),
          "DROP TABLE history; DROP TABLE history_series; PRAGMA user_version=1");
  {
    auto database = open_sqlite(scratch.state_file());
    ASSERT_TRUE(database) << database.error();
    EXPECT_EQ((*database)->load()->remembered.removals.size(), 1U);
    append(**database, {change(key("slod_a", 1), {{start, 1}})});
  }
  auto database = open_sqlite(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  EXPECT_EQ(stored(**database).size(), 1U);
}

TEST(History, IsWholeUpToTheLastCommitWhenKilled) {
  const ScratchDirectory scratch;
  for (int round = 0; round < 10; ++round) {
    EXPECT_TRUE(in_other_process([&] {
      auto database = open_sqlite(scratch.state_file());
      if (!database) return false;
      const Instant at = start + round * hours(7);
      const std::vector<HistoryChange> changes{
          change(key("slod_a", 1), {{at, round}, {at + minutes(5), -round}})};
      return (*database)->append(changes).has_value();
    }));
    auto database = open_sqlite(scratch.state_file());
    ASSERT_TRUE(database) << database.error();
    EXPECT_EQ(stored(**database).at(key("slod_a", 1)).size(),
              2U * (static_cast<unsigned>(round) + 1));
  }
}

TEST(StoreHistory, IsReadFromAnyThreadAndRefusedOnceClosed) {
  const ScratchDirectory scratch;
  auto database = open_sqlite(scratch.state_file());
  append(**database, {change(key("slod_a", 1), {{start, 1}})});
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
