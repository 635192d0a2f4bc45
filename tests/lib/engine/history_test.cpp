#include "lib/engine/history.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "lib/series/state_bytes.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double infinity = std::numeric_limits<double>::infinity();

LabelledSample sample(const std::string& metric, int number, double value) {
  return {Labels{{"__name__", metric}, {"slo", fmt::to_string(number)}}, value};
}

std::string key(const std::string& metric, int number) {
  return series_key(metric, Labels{{"slo", fmt::to_string(number)}});
}

TEST(HistoryValue, IsCloseAndLeavesAloneWhatMustBeExact) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 100) *
        (i % 2 == 0 ? 1 : -1);
    EXPECT_NEAR(history_value("slod_slo_burn_rate", value), value, std::abs(value) * 5e-7);
    EXPECT_EQ(history_value("slod_slo_events_total", value), value);
    EXPECT_EQ(history_value("slod_slo_objective_ratio", value), value);
    const double ratio = 1 - 1e-4 * static_cast<double>(random() % 1000) / 1000;
    EXPECT_NEAR(1 - history_value("slod_slo_sli_ratio", ratio), 1 - ratio, 2e-10);
  }
  for (const double whole : {0.0, 1.0, 2.0, infinity, -infinity, 1e6}) {
    EXPECT_EQ(history_value("slod_freeze_level", whole), whole);
  }
  EXPECT_TRUE(std::isnan(history_value("slod_slo_burn_rate", std::nan(""))));
}

TEST(History, HasAPointOfEachSeriesAtEveryFiveMinutesAndSpreadsThem) {
  std::mt19937_64 random(2);
  History history;
  std::map<std::string, std::map<Instant, double>> oracle;
  std::map<std::string, std::map<Instant, double>> stored;
  std::size_t most_at_once = 0;
  Instant now = at(100);
  const auto take = [&](const std::vector<HistoryChange>& taken) {
    for (const HistoryChange& change : taken) {
      Instant before = Instant::min();
      for (const HistoryPoint& point : change.points) {
        EXPECT_LT(before, point.at);
        before = point.at;
        EXPECT_LE(now - point.at, History::delay_max);
        EXPECT_TRUE(stored[change.series].emplace(point.at, point.value).second);
      }
    }
  };
  for (int second = 100; second < 3 * 3600; ++second, now += seconds(1)) {
    if (second % 15 == 0) {
      std::vector<LabelledSample> own{sample("slod_scrape_up", 1, 1)};
      for (int slo = 0; slo < 900; ++slo) {
        if (random() % 20 == 0) continue;
        const double value = static_cast<double>(random() % 1000);
        own.push_back(sample("slod_slo_burn_rate", slo, value));
        if (second % 300 == 0) oracle[key("slod_slo_burn_rate", slo)][now] = value;
      }
      history.add(own, now);
    }
    const auto taken = history.take_due(now);
    most_at_once = std::max(most_at_once, taken.size());
    take(taken);
  }
  EXPECT_LE(most_at_once, 20U) << "900 series over 900 seconds";
  take(history.take_due(Instant::max()));
  EXPECT_TRUE(stored == oracle) << "they are too many to print";
  EXPECT_TRUE(history.take_due(now + minutes(60)).empty());
}

TEST(History, TakesAPointLateOrNotAtAll) {
  const std::string series = key("slod_freeze_level", 1);
  struct Row {
    double second;
    std::size_t points;
  };
  History history;
  std::size_t points = 0;
  for (const auto& [second, expected] : {Row{359, 1},  // the 300th, as slod was started then
                                         Row{361, 1},  // again
                                         Row{661, 1},  // the 600th: too late
                                         Row{900, 2},  // on time
                                         Row{1204, 3}}) {
    history.add(std::vector{sample("slod_freeze_level", 1, second)}, at(second));
    for (const HistoryChange& change : history.take_due(Instant::max())) {
      EXPECT_EQ(change.series, series);
      for (const HistoryPoint& point : change.points) {
        ++points;
        EXPECT_EQ((point.at - at(0)) % minutes(5), Duration(0));
        EXPECT_EQ(point.value, second);
      }
    }
    EXPECT_EQ(points, expected) << second;
  }
}

TEST(History, GathersADayAtTheMostWhileNothingIsTaken) {
  History history;
  for (int i = 0; i < 1000; ++i) {
    history.add(std::vector{sample("slod_freeze_level", 1, i)}, at(i * 300.0));
  }
  const auto taken = history.take_due(Instant::max());
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].points.size(), 288U);
  EXPECT_EQ(taken[0].points.back().value, 999);
}

TEST(EngineHistory, IsOfItsOwnSeries) {
  World world("scrape: [{job: api, targets: ['a:1']}]\nservices: [{name: s}]", at(0));
  const auto record = [&](double second) {
    world.step(at(second));
    world.engine().record_own({sample("slod_slo_burn_rate", 1, second)}, at(second));
  };
  EXPECT_GT(world.engine().own_samples_since(), at(1e6)) << "nothing was recorded yet";
  record(300);
  EXPECT_EQ(world.engine().own_samples_since(), at(300));
  record(600);
  const auto taken = world.engine().take_history(Instant::max());
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].points, (std::vector<HistoryPoint>{{at(300), 300}, {at(600), 600}}));
  record(900);
  EXPECT_EQ(world.engine().take_history(at(900 + 15 * 60)).size(), 1U);
  world.step(at(8 * 3600));
  EXPECT_EQ(world.engine().own_samples_since(), at(2 * 3600));
}

}  // namespace
}  // namespace slod
