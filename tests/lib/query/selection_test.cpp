#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

const Labels x{{"__name__", "x"}};

/// The values that a selector sees of a series of x, at different times.
TEST(Selection, LooksBackForLessThanTheLookback) {
  Loaded source;
  source.add(x, {{100, 1}, {160, 2}, {220, stale_marker()}, {280, 4}});
  const struct {
    double at;
    const char* seen;
  } cases[] = {
      {99.999, ""},                     // not yet
      {100, "{__name__=\"x\"} 1"},      // at once
      {159.999, "{__name__=\"x\"} 1"},  // until the next
      {160, "{__name__=\"x\"} 2"},
      {219.999, "{__name__=\"x\"} 2"},
      {220, ""},  // ended by a marker
      {279.999, ""},
      {280, "{__name__=\"x\"} 4"},
      {579.999, "{__name__=\"x\"} 4"},
      {580, ""},  // open on the left: exactly five minutes are too old
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(instant_vector(source, "x", c.at)), c.seen) << c.at;
    // The same as a step of a range that begins long before and ends long after.
    const auto matrix = range_matrix(source, "x", c.at - 3000, c.at + 3000, 1000);
    const Instant at(duration_from_seconds(c.at));
    EXPECT_EQ(matrix.contains(at) ? text(matrix.at(at)) : "", c.seen) << c.at;
  }
  const Options brief{.lookback = std::chrono::seconds(10)};
  EXPECT_EQ(text(instant_vector(source, "x", 289.999, brief)), "{__name__=\"x\"} 4");
  EXPECT_EQ(text(instant_vector(source, "x", 290, brief)), "");
}

TEST(Selection, KeepsNaNWhichIsNoMarker) {
  Loaded source;
  source.add(x, {{100, std::nan("")}});
  const auto vector = instant_vector(source, "x", 100);
  ASSERT_EQ(vector.size(), 1U);
  EXPECT_TRUE(std::isnan(vector.at(x)));
}

TEST(Selection, LeavesTheBeginningOfARangeOut) {
  Loaded source;
  source.add(x, {{0, 1}, {60, 2}, {120, stale_marker()}, {180, 8}});
  const struct {
    const char* query;
    double at;
    const char* seen;
  } cases[] = {
      {"sum_over_time(x[1m])", 60, "{} 2"},
      {"sum_over_time(x[1m1ms])", 60, "{} 3"},
      {"sum_over_time(x[3m])", 180, "{} 10"},  // markers are no samples
      {"sum_over_time(x[1m])", 120, ""},
      {"sum_over_time(x[2m])", 120, "{} 2"},
      {"sum_over_time(x[1m] offset 1m)", 120, "{} 2"},
      {"sum_over_time(x[1m] @ 60)", 120, "{} 2"},
      {"sum_over_time(x[1m] offset -1m)", 120, "{} 8"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(instant_vector(source, c.query, c.at)), c.seen) << c.query << " at " << c.at;
  }
}

TEST(Selection, GivesTheSamplesOfARangeThemselves) {
  Loaded source;
  source.add(x, {{0, 1}, {60, stale_marker()}, {90, 3}});
  const Result result = instant_result(source, "x[2m]", 90);
  EXPECT_EQ(result.type, promql::ValueType::matrix);
  ASSERT_EQ(result.series.size(), 1U);
  EXPECT_EQ(result.series[0].labels, x);
  EXPECT_EQ(result.series[0].values, (std::vector<double>{1, 3}));
  EXPECT_EQ(result.samples_read, 3U);
}

TEST(Selection, ChoosesSeriesByAllMatchers) {
  Loaded source;
  for (const char* job : {"api", "web", ""}) {
    for (const char* zone : {"eu1", "us1"}) {
      source.add(Labels{{"__name__", "up"}, {"job", job}, {"zone", zone}}, {{0, 1}});
    }
  }
  source.add(Labels{{"__name__", "down"}, {"job", "api"}}, {{0, 1}});
  const struct {
    const char* selector;
    double count;
  } cases[] = {
      {"up", 6},
      {"up{job=\"api\"}", 2},
      {"up{job!=\"api\"}", 4},
      {"up{job=\"\"}", 2},
      {"up{job=~\"a.*|w.*\"}", 4},
      {"up{job=~\"a\"}", 0},
      {"up{job!~\"a.*\"}", 4},
      {"up{job=~\"\"}", 2},
      {"up{zone=\"eu1\", job!=\"\"}", 2},
      {"{job=\"api\"}", 3},
      {"{__name__=~\"up|down\", job=\"api\"}", 3},
      {"up{none=\"\"}", 6},
  };
  for (const auto& c : cases) {
    const auto counted = instant_vector(source, "count(" + std::string(c.selector) + ")", 0);
    EXPECT_EQ(counted.empty() ? 0 : counted.at(Labels()), c.count) << c.selector;
  }
}

/// The times of a subquery are multiples of its step, after the beginning of its range.
TEST(Subquery, RunsAtTheMultiplesOfItsStep) {
  Loaded source;
  source.add(x, {{-1000, 1}});
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    const auto range = static_cast<int>(1 + random() % 200);
    const auto step = static_cast<int>(1 + random() % 50);
    const auto offset = static_cast<int>(random() % 100) - 50;
    const int at = static_cast<int>(random() % 1000) + 300;
    int expected = 0;
    for (int t = at - offset - range + 1; t <= at - offset; ++t) expected += t % step == 0 ? 1 : 0;
    const auto query = "count_over_time(vector(1)[" + std::to_string(range) +
                       "s:" + std::to_string(step) + "s] offset " + std::to_string(offset) + "s)";
    const auto found = instant_vector(source, query, at);
    EXPECT_EQ(found.empty() ? 0 : found.at(Labels()), expected) << query << " at " << at;
  }
}

TEST(Subquery, TakesTheDefaultStepThatIsGiven) {
  const Loaded source;
  EXPECT_EQ(text(instant_vector(source, "count_over_time(vector(1)[10m:])", 600)), "{} 10");
  const Options options{.subquery_step = std::chrono::seconds(30)};
  EXPECT_EQ(text(instant_vector(source, "count_over_time(vector(1)[10m:])", 600, options)),
            "{} 20");
}

TEST(Subquery, MayHoldNoStepAtAll) {
  Loaded source;
  source.add(x, {{0, 1}});
  for (const char* query : {"count_over_time(x[5s:1m])", "max_over_time((x + x)[5s:1m])"}) {
    EXPECT_EQ(text(instant_vector(source, query, 30)), "") << query;
  }
  EXPECT_EQ(text(instant_vector(source, "absent_over_time(x[5s:1m])", 30)), "{} 1");
}

TEST(Shift, FixesAndMovesTheTime) {
  Loaded source;
  std::vector<std::pair<double, double>> samples;
  for (int i = 0; i <= 100; ++i) samples.emplace_back(i * 10, i);
  source.add(x, samples);
  const struct {
    const char* query;
    double value;
  } cases[] = {
      {"x", 50},
      {"x offset 100s", 40},
      {"x offset -100s", 60},
      {"x @ 100", 10},
      {"x @ 100 offset 50s", 5},
      {"x offset 50s @ 100", 5},
      {"x @ start()", 50},
      {"x @ end()", 50},
      {"sum_over_time(x[20s:10s] @ 100)", 19},
      {"sum_over_time((x @ 100)[20s:10s])", 20},
      {"sum_over_time((x offset 100s)[20s:10s] @ 300)", 39},
  };
  for (const auto& c : cases) {
    const auto vector = instant_vector(source, c.query, 500);
    ASSERT_EQ(vector.size(), 1U) << c.query;
    EXPECT_EQ(vector.begin()->second, c.value) << c.query;
  }
  const auto at_start = range_matrix(source, "x @ start()", 100, 300, 100);
  const auto at_end = range_matrix(source, "x @ end()", 100, 300, 100);
  ASSERT_EQ(at_start.size(), 3U);
  for (const auto& [time, vector] : at_start) EXPECT_EQ(vector.at(x), 10);
  for (const auto& [time, vector] : at_end) EXPECT_EQ(vector.at(x), 30);
  // The end that was asked for, also where no step comes so far.
  EXPECT_EQ(range_matrix(source, "x @ end()", 100, 290, 100).begin()->second.at(x), 29);
}

}  // namespace
}  // namespace slod::query
