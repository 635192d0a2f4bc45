#include "lib/slo/slicer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <limits>
#include <random>

#include "lib/json/text.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

ThroughputSli at_least(double per_second) {
  ThroughputSli sli;
  sli.at_least_per_second = per_second;
  sli.slice = 1min;
  return sli;
}

ThroughputSli at_most(double per_second) {
  ThroughputSli sli;
  sli.at_most_per_second = per_second;
  sli.slice = 1min;
  return sli;
}

LatencySliceSli p90_below(double bound) {
  LatencySliceSli sli;
  sli.quantile = 0.9;
  sli.below_seconds = bound;
  sli.slice = 1min;
  return sli;
}

BucketCounts events(double total) {
  return {{infinity}, {total}};
}

TEST(Slicer, JudgesASliceByWhatWasMeasuredOfIt) {
  struct Case {
    std::string name;
    Sli sli;
    double measured_share;
    BucketCounts events;
    SliceOutcome outcome;
  };
  const BucketCounts fast{{0.1, 0.5, infinity}, {95, 100, 100}};
  const BucketCounts slow{{0.1, 0.5, infinity}, {50, 80, 100}};
  const BucketCounts unbounded{{infinity}, {100}};
  const std::vector<Case> cases{
      {"exactly at least", at_least(10), 1, events(600), SliceOutcome::good},
      {"less than at least", at_least(10), 1, events(599), SliceOutcome::bad},
      {"silence is a rate of 0", at_least(10), 1, events(0), SliceOutcome::bad},
      {"exactly at most", at_most(10), 1, events(600), SliceOutcome::good},
      {"more than at most", at_most(10), 1, events(601), SliceOutcome::bad},
      {"silence is under any limit", at_most(10), 1, events(0), SliceOutcome::good},
      {"half measured, half the events", at_least(10), 0.5, events(300), SliceOutcome::good},
      {"less than half measured", at_least(10), 0.49, events(600), SliceOutcome::missing},
      {"quantile below", p90_below(0.2), 1, fast, SliceOutcome::good},
      {"quantile above", p90_below(0.2), 1, slow, SliceOutcome::bad},
      {"no events to judge", p90_below(0.2), 1, {}, SliceOutcome::idle},
      {"empty buckets", p90_below(0.2), 1, {{0.1, infinity}, {0, 0}}, SliceOutcome::idle},
      {"no finite bucket", p90_below(0.2), 1, unbounded, SliceOutcome::bad},
      {"latency unmeasured", p90_below(0.2), 0.2, slow, SliceOutcome::missing}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Slicer slicer(c.sli);
    const Interval slice{day_one, day_one + 1min};
    slicer.account(slice, c.measured_share);
    slicer.add(slice, c.events);
    EXPECT_TRUE(slicer.close(day_one + 59s).empty());
    EXPECT_EQ(slicer.close(day_one + 60s), (std::vector<ClosedSlice>{{slice, c.outcome}}));
    EXPECT_TRUE(slicer.close(day_one + 60s).empty());
  }
}

TEST(Slicer, SpreadsEventsOverTheSlicesOfTheirInterval) {
  Slicer slicer(at_least(10));
  slicer.account({day_one, day_one + 3min}, 1);
  slicer.add({day_one, day_one + 30s}, events(270));
  slicer.add({day_one + 30s, day_one + 90s}, events(660));    // 330 in each
  slicer.add({day_one + 120s, day_one + 120s}, events(269));  // a moment: the end of the second
  const auto closed = slicer.close(day_one + 3min);
  ASSERT_EQ(closed.size(), 3u);
  EXPECT_EQ(closed[0].outcome, SliceOutcome::good);
  EXPECT_EQ(closed[1].outcome, SliceOutcome::bad);
  EXPECT_EQ(closed[2].outcome, SliceOutcome::bad);
  EXPECT_EQ(closed[2].when, (Interval{day_one + 2min, day_one + 3min}));
}

TEST(Slicer, CountsEveryEventOnceWhateverTheIntervals) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    Slicer slicer(at_least(10));
    std::vector<double> naive(200, 0);  // events by slice
    std::vector<double> known(200, 0);  // and the seconds that they came in
    Instant at = day_one;
    while (at < day_one + 190min) {
      const Duration length(std::uniform_int_distribution(1, 200'000)(random));
      const double rate = std::uniform_int_distribution(5, 15)(random);
      slicer.add({at, at + length}, events(rate * seconds(length)));
      slicer.account({at, at + length}, 1);
      const bool goes_to_one_slice = length <= 33s;  // and counts in that in which it ends
      for (Instant ms = at + 1ms; ms <= at + length; ms += 1ms) {
        const Instant counted = goes_to_one_slice ? at + length : ms;
        const auto slice = static_cast<std::size_t>((counted - day_one - 1ms) / 1min);
        naive[slice] += rate / 1000;
        known[slice] += 0.001;
      }
      at += length;
    }
    const auto closed = slicer.close(at);
    ASSERT_EQ(closed.size(), static_cast<std::size_t>((at - day_one) / 1min));
    for (std::size_t i = 0; i < closed.size(); ++i) {
      const double rate = naive[i] / known[i];
      if (std::abs(rate - 10) < 1e-6) continue;
      if (std::abs(known[i] - 30) < 1e-6) continue;
      const SliceOutcome judged = rate > 10 ? SliceOutcome::good : SliceOutcome::bad;
      EXPECT_EQ(closed[i].outcome, known[i] < 30 ? SliceOutcome::missing : judged)
          << i << ": " << naive[i] << " in " << known[i];
    }
  }
}

TEST(Slicer, IgnoresWhatComesAfterASliceIsClosed) {
  Slicer slicer(at_most(10));
  slicer.account({day_one, day_one + 1min}, 1);
  EXPECT_EQ(slicer.close(day_one + 1min).size(), 1u);
  slicer.add({day_one, day_one + 1min}, events(10'000));
  slicer.add({day_one + 59s, day_one + 61s}, events(10));
  slicer.account({day_one + 1min, day_one + 2min}, 1);
  const auto closed = slicer.close(day_one + 2min);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].outcome, SliceOutcome::good);
}

TEST(Slicer, LeavesOutSlicesThatNothingIsKnownOf) {
  Slicer slicer(at_least(1));
  slicer.account({day_one, day_one + 1min}, 1);
  slicer.account({day_one + 1h, day_one + 1h + 1min}, 1);
  EXPECT_EQ(slicer.close(day_one + 2h).size(), 2u);
}

TEST(Slicer, BoundsTheSlicesOfAnEndlessGap) {
  Slicer slicer(at_least(1));
  slicer.add({day_one, day_one + std::chrono::days(400)}, events(1000));
  EXPECT_LE(slicer.close(day_one + std::chrono::days(400)).size(), 10'001u);
}

TEST(Slicer, GoesOnAfterARestartAsIfNothingHadHappened) {
  Slicer slicer(p90_below(0.2));
  slicer.close(day_one);
  slicer.account({day_one, day_one + 90s}, 1);
  slicer.add({day_one, day_one + 90s}, {{0.1, 0.5, infinity}, {95, 100, 100.0 / 3 + 70}});
  Slicer restored(p90_below(0.2));
  const auto value = boost::json::parse(json_text(slicer.state()));
  ASSERT_TRUE(restored.restore(value));
  for (Slicer* each : {&slicer, &restored}) {
    each->account({day_one + 90s, day_one + 120s}, 1);
    each->add({day_one + 90s, day_one + 120s}, {{0.1, infinity}, {0, 5}});
    each->add({day_one - 1min, day_one}, {{0.1, infinity}, {0, 5}});
  }
  EXPECT_EQ(json_text(slicer.state()), json_text(restored.state()));
  EXPECT_EQ(slicer.close(day_one + 1h), restored.close(day_one + 1h));
}

TEST(Slicer, RefusesAStateThatIsNone) {
  Slicer slicer(at_least(1));
  const std::string slice = R"({"closed":1,"open":[{"slice":1,"measured_seconds":["1"],)";
  for (const std::string& wrong :
       {std::string("null"), std::string("[]"), std::string("{}"), std::string(R"({"closed":1})"),
        std::string(R"({"closed":"x","open":[]})"), std::string(R"({"closed":1,"open":[1]})"),
        slice + R"("bounds":["1"],"counts":[]}]})", slice + R"("bounds":[1],"counts":["1"]}]})",
        slice + R"("bounds":["2","1"],"counts":["1","1"]}]})"}) {
    EXPECT_FALSE(slicer.restore(boost::json::parse(wrong))) << wrong;
  }
}

}  // namespace
}  // namespace slod
