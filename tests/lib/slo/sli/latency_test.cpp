#include "lib/slo/sli/latency.h"

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"
#include "tests/lib/slo/sli/texts.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

LatencySli below(double seconds) {
  return {selector(R"(seconds{job="api"})"), seconds};
}

PendingCounts buckets(std::vector<double> bounds, std::vector<double> counts) {
  return {.buckets = {std::move(bounds), std::move(counts)}};
}

TEST(Latency, DemandsTheBucketsOfItsHistogram) {
  EXPECT_EQ(demanded(below(0.3)), Texts{"histogram seconds_bucket{job=\"api\"}"});
  EXPECT_EQ(demanded(LatencySliceSli{selector("seconds"), 0.9, 0.3, 1min}),
            Texts{"histogram seconds_bucket"});
  EXPECT_EQ(evaluated(below(0.3)), Texts{});
}

TEST(Latency, IsJudgedEventByEventAndReadsOutItsP99) {
  const Sli sli = below(0.3);
  EXPECT_EQ(judging_of(sli), SliJudging::events);
  EXPECT_EQ(slice_of(sli), std::nullopt);
  EXPECT_EQ(bucket_use(sli)->readout_quantile, 0.99);
  EXPECT_EQ(bucket_use(sli)->threshold_seconds, 0.3);
  EXPECT_EQ(kind_of(sli), "latency");
}

TEST(Latency, CountsEventsAboveItsThresholdAsBad) {
  const PendingCounts counts = buckets({0.1, 0.5, infinity}, {50, 90, 100});
  struct Case {
    double below;
    double bad;
  };
  for (const auto& [seconds, bad] : {Case{0.1, 50}, Case{0.5, 10}, Case{0.3, 30}, Case{0.05, 75},
                                     Case{9, 10}, Case{infinity, 0}}) {
    EXPECT_EQ(events(below(seconds), counts).total, 100) << seconds;
    EXPECT_DOUBLE_EQ(events(below(seconds), counts).bad, bad) << seconds;
  }
  EXPECT_EQ(events(below(0.3), {}).total, 0);
  EXPECT_EQ(events(below(0.3), {}).bad, 0);
  EXPECT_EQ(events(below(0.3), buckets({infinity}, {7})).bad, 7) << "nothing is known to be under";
}

TEST(LatencySlices, AreJudgedAsAWholeAndReadOutTheirOwnQuantile) {
  const Sli sli = LatencySliceSli{selector("seconds"), 0.9, 0.3, 5min};
  EXPECT_EQ(judging_of(sli), SliJudging::time_slices);
  EXPECT_EQ(slice_of(sli), 5min);
  EXPECT_EQ(bucket_use(sli)->readout_quantile, 0.9);
  EXPECT_EQ(bucket_use(sli)->threshold_seconds, std::nullopt);
  EXPECT_EQ(kind_of(sli), "latency");
  const PendingCounts counts = buckets({0.1, infinity}, {5, 6});
  EXPECT_EQ(slice_events(sli, counts), counts.buckets);
}

TEST(LatencySlices, AreGoodWhereTheQuantileIsBelowTheBound) {
  const Sli sli = LatencySliceSli{selector("seconds"), 0.9, 0.2, 1min};
  const std::pair<BucketCounts, SliceOutcome> cases[] = {
      {{{0.1, 0.5, infinity}, {95, 100, 100}}, SliceOutcome::good},
      {{{0.1, 0.5, infinity}, {50, 80, 100}}, SliceOutcome::bad},
      {{{0.1, 0.2, infinity}, {0, 89, 100}}, SliceOutcome::bad},
      {{{0.1, 0.2, infinity}, {0, 91, 100}}, SliceOutcome::good},
      {{{0.1, 0.2, infinity}, {0, 90, 100}}, SliceOutcome::bad},  // exactly the bound
      {{{0.2, infinity}, {10, 100}}, SliceOutcome::bad},          // beyond the highest bound
      {{{infinity}, {100}}, SliceOutcome::bad},
      {{{0.1, infinity}, {0, 0}}, SliceOutcome::idle},
      {{}, SliceOutcome::idle},
  };
  for (const auto& [counted, outcome] : cases) {
    EXPECT_EQ(judge(sli, SliceCounts{counted, 60}), outcome) << counted.total();
  }
}

}  // namespace
}  // namespace slod
