// What queries see of slod's own series, in memory and on the disk, through restarts.

#include "daemon/api/recorded_samples.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/api/history_source.h"
#include "daemon/store/sqlite/sqlite_database.h"
#include "lib/promql/parser.h"
#include "lib/query/evaluate.h"
#include "lib/series/state_bytes.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

using promql::Matcher;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant start = parse_instant("2026-01-01T00:00:07Z").value();

Labels named(const std::string& metric, int slo) {
  return Labels{{"__name__", metric}, {"service", "s"}, {"slo", fmt::to_string(slo)}};
}

Matcher name(std::string metric) {
  return *Matcher::make("__name__", Matcher::Operation::equal, std::move(metric));
}

using Samples = std::map<Labels, std::map<Instant, double>>;

Samples plain(const SampleSource& source, std::span<const Matcher> matchers, Interval range) {
  Samples all;
  for (const SampleRun& run : source.select(matchers, range)) {
    EXPECT_FALSE(all.contains(run.labels)) << "twice: " << to_text(run.labels);
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      EXPECT_TRUE(all[run.labels].emplace(run.times[i], run.values[i]).second);
      EXPECT_TRUE(run.times[i] > range.begin && run.times[i] <= range.end);
    }
  }
  return all;
}

/// The daemon's recording over some days, without its sockets, and what it must have recorded.
class Recording {
 public:
  Recording() { begin(); }

  void run(Duration length, std::mt19937& random) {
    for (const Instant end = now_ + length; now_ < end; now_ += seconds(15)) {
      std::vector<LabelledSample> own{{named("slod_scrape_up", 0), 1}};
      for (int slo = 0; slo < 4; ++slo) {
        const double spent = static_cast<double>(random() % 10'000) / 7;
        own.push_back({named("slod_slo_budget_spent_ratio", slo), spent});
        own.push_back({named("slod_slo_events_total", slo), static_cast<double>(++events_)});
      }
      const Instant at = now_ - now_.time_since_epoch() % seconds(15);
      for (const auto& [labels, value] : own) recorded[labels][at] = value;
      engine_->step(now_);
      engine_->record_own(own, at);
      if (now_.time_since_epoch() % store_every < seconds(15)) store(engine_->take_history(now_));
    }
  }

  void end_in_order() {
    store(engine_->take_history(Instant::max()));
    begin();
  }
  void end_by_a_kill() { begin(); }

  Duration store_every = minutes(15);
  Samples recorded;  ///< all, at every round
  Samples stored;    ///< what the database was given

  Instant now() const { return now_; }
  Engine& engine() { return *engine_; }

  /// Opens a source as a query does.
  std::shared_ptr<const SampleSource> open(const std::vector<std::vector<Matcher>>& selections,
                                           Interval range, std::stop_token stop = {}) {
    if (!store_) {
      store_ = std::make_unique<Store>(std::move(database_),
                                       [](const std::function<void()>&) { FAIL() << "no loop"; });
    }
    RecordedSamples samples(*engine_, *store_);
    return samples.open(selections, range)(std::move(stop));
  }
  Store& disk() { return *store_; }

  void pass_time(Duration length) { now_ += length; }

 private:
  void open_database() {
    if (store_) EXPECT_TRUE(store_->close(seconds(10)));
    store_ = nullptr;
    database_ = nullptr;
    auto database = open_sqlite(scratch_.state_file());
    ASSERT_TRUE(database) << database.error();
    database_ = std::move(*database);
  }

  void begin() {
    open_database();
    config::Config config;
    config.query.retention = minutes(30);
    engine_ = std::make_unique<Engine>(std::move(config), Restored{}, now_);
  }

  void store(const std::vector<HistoryChange>& history) {
    if (history.empty()) return;
    if (store_) open_database();
    const auto done = database_->append(history);
    EXPECT_TRUE(done) << done.error();
    for (const HistoryChange& change : history) {
      auto series = ByteReader(change.series).series().value();
      series.labels.set("__name__", series.metric);
      for (const HistoryPoint& point : change.points) {
        stored[series.labels][point.at] = point.value;
      }
    }
  }

  ScratchDirectory scratch_;
  Instant now_ = start;
  std::uint64_t events_ = 0;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Store> store_;
};

/// What a query of `matchers` must see: memory, and before its first sample what is stored.
Samples expected(Recording& recording, const std::vector<Matcher>& matchers, Interval range) {
  const std::vector<std::vector<Matcher>> selections{matchers};
  Samples all = plain(*recording.engine().samples().view(selections, range), matchers, range);
  for (const auto& [labels, points] : recording.stored) {
    if (!satisfies(labels, matchers)) continue;
    auto& column = all[labels];
    const Instant first = column.empty() ? Instant::max() : column.begin()->first;
    for (const auto& [at, value] : points) {
      if (at > range.begin && at <= range.end && at < first) column.emplace(at, value);
    }
  }
  std::erase_if(all, [](const auto& series) { return series.second.empty(); });
  return all;
}

void expect_all_ranges(Recording& recording, std::mt19937& random) {
  for (const auto& matchers :
       {std::vector{name("slod_slo_budget_spent_ratio")}, std::vector{name("slod_scrape_up")},
        std::vector{*Matcher::make("__name__", Matcher::Operation::matches, "slod_.*"),
                    *Matcher::make("slo", Matcher::Operation::matches, "1|3")}}) {
    for (int i = 0; i < 20; ++i) {
      const Instant begin =
          start - minutes(30) +
          minutes(random() % static_cast<unsigned>((recording.now() - start) / minutes(1)));
      const Interval range{begin, begin + minutes(random() % 3000)};
      const auto source = recording.open({matchers}, range);
      EXPECT_TRUE(plain(*source, matchers, range) == expected(recording, matchers, range))
          << format_instant(range.begin) << " to " << format_instant(range.end);
      for (const Labels& labels : source->series(matchers, range)) {
        EXPECT_TRUE(satisfies(labels, matchers));
      }
    }
  }
}

TEST(RecordedSamples, AreThoseInMemoryAndBeforeThemThoseOnDisk) {
  const unsigned seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Recording recording;
  recording.run(hours(30), random);
  expect_all_ranges(recording, random);
  recording.end_in_order();
  for (const auto& [labels, points] : recording.stored) {
    EXPECT_EQ(points.size(), 30 * 12U) << to_text(labels);
    for (const auto& [at, value] : points) {
      EXPECT_EQ(at.time_since_epoch() % minutes(5), Duration(0));
      const double exact = recording.recorded.at(labels).at(at);
      EXPECT_NEAR(value, exact, std::abs(exact) * 1e-6);
    }
  }
  EXPECT_EQ(recording.stored.size(), 8U) << "of SLOs alone";
  expect_all_ranges(recording, random);
  recording.pass_time(hours(2));
  recording.run(hours(1), random);
  expect_all_ranges(recording, random);
}

TEST(RecordedSamples, LoseAQuarterOfAnHourAtTheMostWhenKilled) {
  std::mt19937 random(6);
  Recording recording;
  recording.store_every = minutes(1);
  for (int kill = 0; kill < 3; ++kill) {
    recording.run(minutes(100 + random() % 50), random);
    recording.end_by_a_kill();
    for (const auto& [labels, points] : recording.stored) {
      EXPECT_LE(recording.now() - points.rbegin()->first, minutes(20)) << to_text(labels);
    }
    expect_all_ranges(recording, random);
    recording.run(minutes(10), random);
    expect_all_ranges(recording, random);
  }
}

/// The value of an instant query at `at`, by its definition: the newest within five minutes.
std::optional<double> newest(const std::map<Instant, double>& samples, Instant at) {
  const auto after = samples.upper_bound(at);
  if (after == samples.begin() || std::prev(after)->first <= at - minutes(5)) return std::nullopt;
  return std::prev(after)->second;
}

TEST(RecordedSamples, LeaveNoGapInAPanel) {
  std::mt19937 random(8);
  Recording recording;
  recording.run(hours(40), random);
  recording.end_in_order();
  recording.run(hours(3), random);
  const auto expr = promql::parse("slod_slo_budget_spent_ratio").value();
  const Instant begin = start + minutes(6);
  const Instant end = recording.now() - seconds(20);
  const auto source =
      recording.open({{name("slod_slo_budget_spent_ratio")}}, {begin - minutes(5), end});
  const auto result =
      query::range(*expr, "slod_slo_budget_spent_ratio", begin, end, minutes(13), *source, {});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->series.size(), 4U);
  for (const SampleRun& run : result->series) {
    EXPECT_EQ(run.times.size(), static_cast<std::size_t>((end - begin) / minutes(13)) + 1);
    const auto samples =
        expected(recording, {name("slod_slo_budget_spent_ratio")}, {begin - minutes(5), end})
            .at(run.labels);
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      EXPECT_EQ(run.values[i], newest(samples, run.times[i])) << format_instant(run.times[i]);
    }
  }
}

TEST(RecordedSamples, LeaveOutTheHistoryThatCannotBeHad) {
  std::mt19937 random(9);
  Recording recording;
  recording.run(hours(3), random);
  recording.end_in_order();
  recording.run(minutes(20), random);
  const std::vector<Matcher> matchers{name("slod_slo_budget_spent_ratio")};
  const Interval range{start, recording.now()};
  const std::vector<std::vector<Matcher>> selections{matchers};
  const Samples recent =
      plain(*recording.engine().samples().view(selections, range), matchers, range);
  EXPECT_NE(plain(*recording.open(selections, range), matchers, range), recent);
  ASSERT_TRUE(recording.disk().close(seconds(10)));
  EXPECT_EQ(plain(*recording.open(selections, range), matchers, range), recent)
      << "with a warning in the log";
}

TEST(RecordedSamples, KnowWhichQueriesNeedTheHistory) {
  using Texts = std::vector<std::string>;
  const auto metrics = [](const std::vector<std::string>& selections) {
    std::vector<std::vector<Matcher>> matchers;
    for (const std::string& text : selections) {
      matchers.push_back(text.empty() ? std::vector<Matcher>{}
                                      : promql::parse_matchers(text).value());
    }
    return history_metrics(matchers);
  };
  EXPECT_EQ(metrics({"up", "slod_scrape_up"}), Texts());
  EXPECT_EQ(metrics({"slod_freeze_level", "slod_slo_x{a=\"b\"}", "slod_freeze_level", "up"}),
            (Texts{"slod_freeze_level", "slod_slo_x"}));
  EXPECT_EQ(metrics({"slod_freeze_level", "{slo=\"a\"}"}), Texts{""});
  EXPECT_EQ(metrics({""}), Texts{""});
}

}  // namespace
}  // namespace slod
