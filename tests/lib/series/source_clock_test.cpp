// Clocks of sources that are wrong, and what of it can be seen.

#include "lib/series/source_clock.h"

#include <gtest/gtest.h>

#include <random>

#include "lib/series/sample_times.h"
#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using std::chrono::minutes;

/// A read that begins at `at` and takes 0.1 s, of a source whose clock is `ahead`.
ReadTimes read_at(double at, std::optional<double> ahead = std::nullopt) {
  ReadTimes times{.sent = second(at), .received = second(at + 0.1), .date = {}};
  if (ahead) times.date = std::chrono::floor<std::chrono::seconds>(second(at + 0.05 + *ahead));
  return times;
}

StampedTimes newest(double at, bool most_are_ahead = false) {
  return {.newest = second(at), .most_are_ahead = most_are_ahead};
}

TEST(SourceClock, SaysNothingBeforeAReadDid) {
  SourceClock clock;
  EXPECT_FALSE(clock.skew());
  clock.observe(read_at(0), std::nullopt);
  EXPECT_FALSE(clock.skew());
  EXPECT_EQ(clock.removed(), Duration(0));
}

TEST(SourceClock, IsMeasuredByTheDateToASecondInBothDirections) {
  for (const double ahead : {-500.0, -40.0, -2.5, 2.5, 40.0, 599.0}) {
    SourceClock clock;
    clock.observe(read_at(10.3, ahead), std::nullopt);
    EXPECT_NEAR(seconds(clock.skew().value()), ahead, 1) << ahead;
    EXPECT_EQ(clock.removed(), clock.skew());
  }
  SourceClock right;
  right.observe(read_at(10.3, 0), newest(3));
  EXPECT_EQ(right.skew(), Duration(0));
}

TEST(SourceClock, ChangesRarely) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> age(0, 15);
  for (const bool has_date : {true, false}) {
    SCOPED_TRACE(has_date);
    SourceClock clock;
    int changes = 0;
    std::optional<Duration> before;
    for (int read = 0; read < 1000; ++read) {
      const double at = 15 * read + age(random) / 15;
      clock.observe(read_at(at, has_date ? std::optional(40.0) : std::nullopt),
                    newest(at + 40 - age(random), true));
      if (before != clock.skew()) ++changes;
      before = clock.skew();
    }
    EXPECT_LE(changes, has_date ? 1 : 8);
    EXPECT_NEAR(seconds(clock.skew().value()), 40, 1.2);
  }
}

TEST(SourceClock, IsWhatMostTimestampsSayWhereAProxyWroteTheDate) {
  SourceClock clock;
  for (int read = 0; read < 10; ++read) {
    clock.observe(read_at(read, 0), newest(read + 40, true));
    EXPECT_NEAR(seconds(clock.skew().value()), 40, 1) << read;
  }
}

TEST(SourceClock, IsNotWhatAFewTimestampsSayAgainstTheDate) {
  SourceClock clock;
  for (int read = 0; read < 10; ++read) clock.observe(read_at(read, 0), newest(read + 40));
  EXPECT_EQ(clock.skew(), Duration(0));
}

/// Prometheus takes nothing after a clock was set back, until that has caught up.
TEST(SourceClock, IsBelievedAtOnceWhenItWasSet) {
  SourceClock clock;
  for (int read = 0; read < 100; ++read) clock.observe(read_at(read, 40), newest(read + 39, true));
  clock.observe(read_at(100, 0), newest(99));
  EXPECT_NEAR(seconds(clock.skew().value()), 0, 1);
  clock.observe(read_at(101, 120), newest(220, true));
  EXPECT_NEAR(seconds(clock.skew().value()), 120, 1);
}

TEST(SourceClock, ComesDownWithoutADateOnceNothingHasNeededItForSomeMinutes) {
  SourceClock clock;
  for (int at = 0; at < 600; at += 15) clock.observe(read_at(at), newest(at + 39, true));
  EXPECT_NEAR(seconds(clock.skew().value()), 39, 1);
  int at = 600;
  for (; at < 900; at += 15) clock.observe(read_at(at), newest(at - 1));
  EXPECT_NEAR(seconds(clock.skew().value()), 39, 1);
  for (; at < 1500; at += 15) clock.observe(read_at(at), newest(at - 1));
  EXPECT_EQ(clock.skew(), Duration(0));
}

TEST(SourceClock, IsReportedAndNotRemovedBeyondTenMinutes) {
  SourceClock clock;
  clock.observe(read_at(0.3, 1200), newest(1195, true));
  EXPECT_NEAR(seconds(clock.skew().value()), 1200, 1);
  EXPECT_EQ(clock.removed(), Duration(0));
  EXPECT_EQ(clock_finding("prometheus/p", minutes(20)),
            "the clock of prometheus/p is 20m ahead of that of slod, more than the 10m that slod "
            "takes off: its timestamps are not used; synchronise the clocks");
  EXPECT_EQ(clock_finding("prometheus/p", -minutes(20)),
            "the clock of prometheus/p is 20m behind that of slod, more than the 10m that slod "
            "takes off: its samples look that old; synchronise the clocks");
  EXPECT_EQ(clock_finding("prometheus/p", minutes(10)), "");
  EXPECT_EQ(clock_finding("prometheus/p", std::nullopt), "");
}

std::string page_of(const std::vector<std::pair<double, double>>& values) {
  std::string page;
  for (std::size_t i = 0; i < values.size(); ++i) {
    page += fmt::format("a{{instance=\"i\",job=\"j\",x=\"{}\"}} {} {}\n", i, values[i].first,
                        second(values[i].second).time_since_epoch().count());
  }
  return page;
}

BatchResult recorded(ScrapedSource& source, const std::string& page, const ReadTimes& times,
                     std::size_t replica = 0) {
  return source.record(source.decode(page, times, replica).value(), replica);
}

std::vector<std::string> read(ScrapedSource& source, const std::string& page,
                              const ReadTimes& times, std::size_t replica = 0) {
  const BatchResult result = recorded(source, page, times, replica);
  EXPECT_EQ(result.ignored(), 0U);
  return texts_of(source.book, result);
}

TEST(SkewOfASource, IsTakenOffItsTimestamps) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  read(source, page_of({{10, 40.1}}), read_at(0));
  EXPECT_EQ(read(source, page_of({{12, 55.1}}), read_at(15)),
            std::vector<std::string>{R"(a{instance="i",job="j",x="0"} continued 2 (0.1,15.1])"});
}

TEST(SkewOfASource, MovesWhatIsRememberedWhenItChanges) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  read(source, page_of({{10, 28.1}, {10, 20}}), read_at(0));  // 12 s old, as it turns out
  // The difference between the two samples stays what it is by the server's clock.
  EXPECT_EQ(read(source, page_of({{12, 55.1}, {11, 47}}), read_at(15)),
            (std::vector<std::string>{R"(a{instance="i",job="j",x="0"} continued 2 (-11.9,15.1])",
                                      R"(a{instance="i",job="j",x="1"} continued 1 (-20,7])"}));
}

TEST(SkewOfASource, LetsATimestampOfAnotherClockBeNoLaterThanTheRead) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  const auto page = [](double at, double value) {
    return page_of({{value, at}, {value, at}, {value, at + 300}});
  };
  read(source, page(0, 10), read_at(0, 0));
  const auto events = read(source, page(15, 12), read_at(15, 0));
  EXPECT_EQ(events.at(0), R"(a{instance="i",job="j",x="0"} continued 2 (0,15])");
  EXPECT_EQ(events.at(2), R"(a{instance="i",job="j",x="2"} continued 2 (0.1,15.1])");
}

TEST(SkewOfASource, BeyondTheBoundLeavesItsSamplesOut) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  const BatchResult result = recorded(source, page_of({{10, 1200}}), read_at(0, 1200));
  EXPECT_EQ(result.too_far_ahead, 1U);
  EXPECT_TRUE(result.observations.empty());
  EXPECT_NEAR(seconds(result.clock_skew.value()), 1200, 1);
}

TEST(SkewOfASource, LeavesSamplesWithoutATimestampAtTheirRead) {
  ScrapedSource source(demand_of({"a"}), {});
  read(source, "a 1\n", read_at(0, 100));
  EXPECT_EQ(read(source, "a 3\n", read_at(15, 300)),
            std::vector<std::string>{"a continued 2 (0,15]"});
}

/// The replica that takes over may be a while behind: to Mimir its counters had begun anew.
TEST(SkewOfASource, IsThatOfTheReplicaThatIsRead) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  read(source, page_of({{10, 40}}), read_at(0, 40), 0);
  EXPECT_EQ(read(source, page_of({{12, 55}}), read_at(15, 40), 0).size(), 1U);
  EXPECT_TRUE(read(source, page_of({{11, 7}}), read_at(16, 0), 1).empty())
      << "what the other had shown already is no fault";
  EXPECT_EQ(read(source, page_of({{13, 22}}), read_at(30, 0), 1).size(), 1U);
  EXPECT_EQ(recorded(source, page_of({{13, 21}}), read_at(45, 0), 1).out_of_order, 1U);
}

}  // namespace
}  // namespace slod
