#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "lib/sketch/exponential_histogram.h"
#include "tests/lib/sketch/distributions.h"

namespace slod {
namespace {

using sketch_test::distributions;
using sketch_test::draw;

ExponentialHistogram random_histogram(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto sources = distributions();
  ExponentialHistogram histogram(static_cast<int>(random() % 13) - 4, 0x1p-128,
                                 264 + random() % 2000);
  for (const double value : draw(sources[seed % sources.size()], seed, random() % 200)) {
    EXPECT_TRUE(histogram.insert(value, 1 + random() % (std::uint64_t{1} << random() % 40)));
  }
  return histogram;
}

TEST(HistogramBytes, ComeBackAsTheSameHistogram) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    const auto histogram = random_histogram(seed);
    const auto read = ExponentialHistogram::from_bytes(histogram.bytes());
    ASSERT_TRUE(read) << read.error();
    ASSERT_EQ(*read, histogram);
    ASSERT_EQ(read->bytes(), histogram.bytes());
  }
}

TEST(HistogramBytes, AreFewForLatencies) {
  ExponentialHistogram histogram;
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> latency(-3, 1);
  for (int i = 0; i < 100000; ++i) EXPECT_TRUE(histogram.insert(latency(random)));
  EXPECT_LE(histogram.bytes().size(), 2 * histogram.buckets() + 40);
}

TEST(HistogramBytes, RefuseEveryTruncation) {
  const std::string bytes = random_histogram(3).bytes();
  ASSERT_GT(bytes.size(), 50U);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = ExponentialHistogram::from_bytes(bytes.substr(0, size));
    ASSERT_FALSE(read) << size;
    ASSERT_TRUE(read.error().find("expected") != std::string::npos) << read.error();
  }
  EXPECT_FALSE(ExponentialHistogram::from_bytes(bytes + '\0'));
}

/// Uses every function of a histogram that came from damaged bytes.
void exercise(ExponentialHistogram histogram) {
  const auto again = ExponentialHistogram::from_bytes(histogram.bytes());
  ASSERT_TRUE(again) << again.error();
  ASSERT_EQ(again->bytes(), histogram.bytes());
  for (const double q : {0.0, 0.3, 0.99, 1.0}) {
    const auto quantile = histogram.quantile(q);
    ASSERT_EQ(quantile.has_value(), histogram.count() > 0);
    if (quantile) {
      ASSERT_LE(quantile->lower, quantile->value);
      ASSERT_GE(quantile->upper, quantile->value);
      ASSERT_LE(histogram.count_below(quantile->value).upper, histogram.count());
    }
  }
  ExponentialHistogram other;
  ASSERT_TRUE(other.insert(1) && other.insert(-1e9));
  if (histogram.merge(other)) {
    ASSERT_TRUE(histogram.subtract(other));
  }
  histogram.downscale(schema_min);
  ASSERT_LE(histogram.buckets(), ExponentialHistogram::buckets_max_least);
}

TEST(HistogramBytes, DamageIsRefusedOrMakesAWholeHistogram) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::string bytes = random_histogram(seed).bytes();
    for (int i = 0; i < 500; ++i) {
      std::string damaged = bytes;
      for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
        const std::size_t at = random() % std::min<std::size_t>(damaged.size(), i % 2 ? 40 : 4096);
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
      }
      if (i % 5 == 0) damaged.resize(random() % damaged.size());
      if (const auto read = ExponentialHistogram::from_bytes(damaged)) exercise(*read);
    }
  }
}

TEST(HistogramBytes, NoiseIsSafe) {
  const std::uint64_t seed = 9;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50000; ++i) {
    std::string noise(random() % 64, '\0');
    for (char& byte : noise) byte = static_cast<char>(random() % (i % 3 ? 256 : 8));
    if (!noise.empty()) noise[0] = 1;
    if (const auto read = ExponentialHistogram::from_bytes(noise)) exercise(*read);
  }
}

TEST(HistogramBytes, SayWhichVersionWasExpected) {
  const auto read = ExponentialHistogram::from_bytes("\x02");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), "expected histogram bytes of version 1, found version 2");
}

TEST(HistogramBuckets, OfPrometheusAndOpenTelemetryMergeInExactly) {
  // 1.5, 3 and 3.5 at schema 1: Prometheus's buckets 2 (sqrt 2, 2] and 4 (2.83, 4].
  ExponentialBuckets native{.schema = 1,
                            .zero_threshold = 0x1p-128,
                            .zero_count = 1,
                            .sum = 8,
                            .positive = {{2, 1}, {4, 2}},
                            .negative = {}};
  const auto read = ExponentialHistogram::from_buckets(native);
  ASSERT_TRUE(read) << read.error();
  ExponentialHistogram inserted(1);
  for (const double value : {0.0, 1.5, 3.0, 3.5}) EXPECT_TRUE(inserted.insert(value));
  EXPECT_EQ(*read, inserted);

  // OpenTelemetry's scale 20: 3 lies in bucket floor(log2(3) * 2^20), which is one lower here.
  const auto index = static_cast<std::int64_t>(std::floor(std::log2(3.0) * 0x1p20)) + 1;
  const auto finest = ExponentialHistogram::from_buckets({.schema = 20,
                                                          .zero_threshold = 0,
                                                          .zero_count = 0,
                                                          .sum = 3,
                                                          .positive = {{index, 1}},
                                                          .negative = {{index, 4}}});
  ASSERT_TRUE(finest) << finest.error();
  ExponentialHistogram three(8, 0);
  EXPECT_TRUE(three.insert(3) && three.insert(-3, 4));
  EXPECT_EQ(finest->quantile(0), three.quantile(0));
  EXPECT_EQ(finest->quantile(1), three.quantile(1));
}

TEST(HistogramBuckets, UnderTheZeroThresholdAreZero) {
  const auto read = ExponentialHistogram::from_buckets({.schema = 0,
                                                        .zero_threshold = 1,
                                                        .zero_count = 1,
                                                        .sum = 0,
                                                        .positive = {{-5, 2}, {0, 3}, {1, 4}},
                                                        .negative = {}});
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->count(), 10U);
  EXPECT_EQ(read->count_below(1).lower, 6U);
  EXPECT_EQ(read->buckets(), 1U);
}

TEST(HistogramBuckets, AreRefusedWithAReason) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  const std::vector<std::pair<ExponentialBuckets, std::string>> cases = {
      {{.schema = -53}, "expected a schema from -4 to 20, found -53"},
      {{.schema = 21}, "expected a schema from -4 to 20, found 21"},
      {{.zero_threshold = nan}, "expected a finite zero threshold of at least 0, found nan"},
      {{.zero_threshold = -1}, "expected a finite zero threshold of at least 0, found -1"},
      {{.zero_count = huge}, "expected at most 4611686018427387904 values in one histogram"},
      {{.positive = {{1, huge}}}, "expected at most 4611686018427387904 values in one histogram"},
      {{.positive = {{1, 1}, {1, 1}}},
       "expected ascending bucket indices from -1074 to 1024 at schema 0, found 1"},
      {{.negative = {{2, 1}, {1, 1}}}, "expected ascending bucket indices"},
      {{.positive = {{1025, 1}}}, "expected ascending bucket indices"},
      {{.schema = 20, .negative = {{lowest, 1}}}, "expected ascending bucket indices"},
  };
  for (const auto& [buckets, message] : cases) {
    const auto read = ExponentialHistogram::from_buckets(buckets);
    ASSERT_FALSE(read) << message;
    EXPECT_TRUE(read.error().starts_with(message)) << read.error();
  }
}

}  // namespace
}  // namespace slod
