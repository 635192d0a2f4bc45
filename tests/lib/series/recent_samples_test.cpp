#include "lib/series/recent_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace slod {
namespace {

using promql::Matcher;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Matcher matcher(std::string label, Matcher::Operation operation, std::string value) {
  return *Matcher::make(std::move(label), operation, std::move(value));
}
Matcher name(std::string metric) {
  return matcher("__name__", Matcher::Operation::equal, std::move(metric));
}
Labels labels(std::string metric, std::string instance) {
  return Labels{{"__name__", std::move(metric)}, {"instance", std::move(instance)}};
}

TEST(RecentSamples, AnswersAsAPlainListOfSamplesWould) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    RecentSamples samples({.retention = hours(2)});
    std::map<Labels, std::vector<std::pair<Instant, double>>> oracle;
    Instant now{hours(1000)};
    for (int step = 0; step < 800; ++step, now += seconds(15)) {
      for (int i = 0; i < 5; ++i) {
        if (random() % 4 == 0) continue;
        const Labels series = labels(i < 2 ? "a" : "b", std::to_string(i));
        const double value = static_cast<double>(random() % 1000);
        ASSERT_TRUE(samples.append(samples.series(series), now, value));
        oracle[series].emplace_back(now, value);
      }
      if (step % 100 == 0) samples.forget_old(now);
    }
    const Interval range{now - minutes(90), now - minutes(static_cast<int>(random() % 60))};
    const std::vector<std::vector<Matcher>> selections{{name("b")}};
    const auto view = samples.view(selections, range);
    EXPECT_TRUE(view->select(std::vector{name("a")}, range).empty());
    const auto runs = view->select(selections[0], range);
    EXPECT_EQ(runs.size(), 3U);
    for (const SampleRun& run : runs) {
      std::vector<Instant> times;
      std::vector<double> values;
      for (const auto& [at, value] : oracle.at(run.labels)) {
        if (at <= range.begin || at > range.end) continue;
        times.push_back(at);
        values.push_back(value);
      }
      EXPECT_EQ(run.times, times);
      EXPECT_EQ(run.values, values);
    }
  }
}

TEST(RecentSamples, AViewStaysAsItWasWhileSamplesArrive) {
  RecentSamples samples({});
  const SampleSeries series = samples.series(labels("a", "1"));
  samples.append(series, Instant(seconds(1)), 1);
  const std::vector<std::vector<Matcher>> selections{{name("a")}};
  const Interval range{Instant{}, Instant(hours(1))};
  const auto view = samples.view(selections, range);
  for (int i = 2; i < 500; ++i) samples.append(series, Instant(seconds(i)), i);
  ASSERT_EQ(view->select(selections[0], range).size(), 1U);
  EXPECT_EQ(view->select(selections[0], range)[0].values, std::vector<double>{1});
}

TEST(RecentSamples, RefusesASampleThatIsNotNewer) {
  RecentSamples samples({});
  const SampleSeries series = samples.series(labels("a", "1"));
  EXPECT_TRUE(samples.append(series, Instant(seconds(5)), 1));
  EXPECT_FALSE(samples.append(series, Instant(seconds(5)), 2));
  EXPECT_FALSE(samples.append(series, Instant(seconds(4)), 2));
}

TEST(RecentSamples, EndsASeriesOnce) {
  RecentSamples samples({});
  const SampleSeries series = samples.series(labels("a", "1"));
  samples.append(series, Instant(seconds(5)), 1);
  samples.end(series, Instant(seconds(6)));
  samples.end(series, Instant(seconds(7)));
  const std::vector<std::vector<Matcher>> selections{{name("a")}};
  const Interval range{Instant{}, Instant(hours(1))};
  const auto runs = samples.view(selections, range)->select(selections[0], range);
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].values.size(), 2U);
  EXPECT_TRUE(is_stale_marker(runs[0].values[1]));
}

TEST(RecentSamples, EndsNoSeriesWithoutSamples) {
  RecentSamples samples({});
  const SampleSeries series = samples.series(labels("a", "1"));
  samples.end(series, Instant(seconds(6)));
  samples.end({}, Instant(seconds(6)));
  EXPECT_TRUE(samples.append(series, Instant(seconds(5)), 1));
}

TEST(RecentSamples, ForgetsSeriesThatAreOlderThanTheRetention) {
  RecentSamples samples({.retention = hours(1)});
  const SampleSeries series = samples.series(labels("a", "1"));
  samples.append(series, Instant(seconds(5)), 1);
  samples.forget_old(Instant(hours(1) - minutes(1)));
  EXPECT_EQ(samples.series_count(), 1U);
  samples.forget_old(Instant(hours(1) + seconds(5)));
  EXPECT_EQ(samples.series_count(), 0U);
  EXPECT_EQ(samples.memory_bytes(), 0U);
  EXPECT_FALSE(samples.knows(series));
  EXPECT_FALSE(samples.append(series, Instant(hours(2)), 1));
  // Another series in its place is not taken for it.
  const SampleSeries other = samples.series(labels("a", "2"));
  EXPECT_EQ(other.index, series.index);
  EXPECT_TRUE(samples.append(other, Instant(hours(2)), 1));
  EXPECT_FALSE(samples.append(series, Instant(hours(3)), 1));
}

TEST(RecentSamples, KeepsLessWhereMemoryDoesNotReach) {
  RecentSamples samples({.retention = hours(6), .bytes_max = 200'000});
  std::mt19937_64 random(3);
  Instant now{hours(100)};
  for (int step = 0; step < 1440; ++step, now += seconds(15)) {
    for (int i = 0; i < 50; ++i) {
      const auto series = samples.series(labels("a", std::to_string(i)));
      samples.append(series, now, static_cast<double>(random()));
    }
    if (step % 20 == 0) samples.forget_old(now);
  }
  samples.forget_old(now);
  EXPECT_LE(samples.memory_bytes(), 200'000U);
  EXPECT_GT(samples.kept_since(now), now - hours(6));
  EXPECT_LT(samples.kept_since(now), now);
  EXPECT_EQ(samples.series_count(), 50U);
}

TEST(RecentSamples, KeepsLongerWhatIsNeededLonger) {
  RecentSamples samples({.retention = hours(1)});
  const SampleSeries early = samples.series(labels("long", "1"));
  samples.set_needs(Demand({promql::parse_selector("long{instance!=\"3\"}").value(),
                            promql::parse_selector("long{instance=\"2\"}").value(),
                            promql::parse_selector("short").value()}),
                    {hours(5), hours(8), minutes(5)});
  Instant now{hours(1000)};
  const auto append = [&](SampleSeries series) { samples.append(series, now, 1); };
  for (int step = 0; step < 2400; ++step, now += seconds(15)) {
    append(early);
    append(samples.series(labels("long", "2")));
    append(samples.series(labels("long", "3")));
    append(samples.series(labels("short", "1")));
    samples.forget_old(now);
  }
  const std::vector<std::vector<Matcher>> everything{{}};
  const Interval range{Instant{}, now};
  const auto oldest = [&] {
    std::map<std::string, int> ages;
    for (const SampleRun& run : samples.view(everything, range)->select({}, range)) {
      const Duration age = now - run.times.front();
      ages[std::string(run.labels.get("__name__")) + std::string(run.labels.get("instance"))] =
          static_cast<int>(age / hours(1));
    }
    return ages;
  };
  samples.forget_old(now);
  // A chunk goes as a whole, and these are half an hour long.
  using Ages = std::map<std::string, int>;
  EXPECT_EQ(oldest(), (Ages{{"long1", 5}, {"long2", 8}, {"long3", 1}, {"short1", 1}}));
  samples.set_limits({.retention = hours(1), .bytes_max = samples.memory_bytes() - 1});
  samples.forget_old(now);
  EXPECT_EQ(oldest(), (Ages{{"long1", 5}, {"long2", 8}, {"long3", 0}, {"short1", 0}}))
      << "what no one needs goes first";
  samples.set_limits({.retention = hours(1), .bytes_max = 1});
  samples.forget_old(now);
  EXPECT_EQ(oldest(), (Ages{{"long1", 0}, {"long2", 0}, {"long3", 0}, {"short1", 0}}));
  EXPECT_TRUE(samples.is_full());
}

TEST(RecentSamples, AnEmptySelectionSelectsEverything) {
  RecentSamples samples({});
  samples.append(samples.series(labels("a", "1")), Instant(seconds(5)), 1);
  samples.append(samples.series(labels("b", "1")), Instant(seconds(5)), 1);
  const std::vector<std::vector<Matcher>> selections{{}};
  const Interval range{Instant{}, Instant(hours(1))};
  EXPECT_EQ(samples.view(selections, range)->series({}, range).size(), 2U);
}

}  // namespace
}  // namespace slod
