#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "lib/text/number.h"
#include "tests/lib/query/function_call.h"

namespace slod::query {
namespace {

using Texts = std::vector<std::string>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Bucket {
  const char* le;
  double count;
};

Frame classic_frame(const std::vector<Bucket>& buckets, const std::string& name = "x_bucket") {
  Frame frame;
  for (const auto& [le, count] : buckets) {
    frame.push_back(column({{"__name__", name}, {"le", le}}, {count}));
  }
  return frame;
}

std::expected<Frame, Error> quantile(TestCall& call, double q, Frame frame) {
  std::vector<Argument> arguments;
  arguments.emplace_back(scalars(q, frame.empty() ? 1 : frame.front().kinds.size()));
  arguments.emplace_back(std::move(frame));
  return call.frame("histogram_quantile", std::move(arguments));
}

std::expected<Frame, Error> fraction(TestCall& call, double lower, double upper, Frame frame) {
  std::vector<Argument> arguments;
  arguments.emplace_back(scalars(lower));
  arguments.emplace_back(scalars(upper));
  arguments.emplace_back(std::move(frame));
  return call.frame("histogram_fraction", std::move(arguments));
}

TEST(HistogramQuantile, ReadsClassicBuckets) {
  const std::vector<Bucket> buckets = {{"1e0", 110}, {"0.1", 50}, {"+Inf", 120}, {".2", 70}};
  const std::vector<std::pair<double, const char*>> cases = {
      {0, "0"}, {0.2, "0.048"}, {0.5, "0.15"}, {0.8, "0.72"}, {1, "1"}};
  for (const auto& [q, expected] : cases) {
    TestCall call;
    EXPECT_EQ(to_texts(quantile(call, q, classic_frame(buckets)).value()),
              Texts({fmt::format("{{}} {}", expected)}));
    EXPECT_EQ(call.annotation_texts(), Texts());
  }
}

TEST(HistogramQuantile, WarnsOfQuantilesThatAreNoneEvenWithoutHistograms) {
  TestCall call;
  EXPECT_EQ(to_texts(quantile(call, 1.01, classic_frame({{"1", 1}, {"+Inf", 2}})).value()),
            Texts({"{} inf"}));
  EXPECT_TRUE(quantile(call, nan, {}).value().empty());
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL warning: quantile value should be between 0 and 1, got 1.01",
                   "PromQL warning: quantile value should be between 0 and 1, got NaN"}));
}

TEST(HistogramQuantile, MakesFallingCountsRiseAndSaysSo) {
  const Frame frame =
      classic_frame({{"0.1", 20}, {"1", 10}, {"10", 50}, {"100", 40}, {"1000", 90}, {"+Inf", 80}});
  TestCall call;
  EXPECT_EQ(to_texts(quantile(call, 0.5, frame).value()), Texts({"{} 8.5"}));
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL info: input to histogram_quantile needed to be fixed for monotonicity "
                   "(see https://prometheus.io/docs/prometheus/latest/querying/functions/"
                   "#histogram_quantile)"}));
  TestCall delayed;
  delayed.options.delayed_name_removal = true;
  ASSERT_TRUE(quantile(delayed, 0.5, frame));
  EXPECT_TRUE(delayed.annotation_texts().front().ends_with(" for metric name \"x_bucket\""));
}

TEST(HistogramQuantile, LeavesOutBucketsWithoutABound) {
  for (const std::string le : {"", "Hello World"}) {
    TestCall call;
    EXPECT_TRUE(quantile(call, 0.5, classic_frame({{le.c_str(), 2}})).value().empty());
    EXPECT_EQ(
        call.annotation_texts(),
        Texts({"PromQL warning: bucket label \"le\" is missing or has a malformed value of \"" +
               le + "\" for metric name \"x_bucket\""}));
  }
}

TEST(HistogramQuantile, RefusesAMixOfClassicAndNativeAtTheStepsThatHaveBoth) {
  Frame frame;
  frame.push_back(column({{"__name__", "x"}, {"le", "2"}}, {4, 4, 4}));
  frame.push_back(column({{"__name__", "x"}, {"le", "+Inf"}}, {4, 4, 4}));
  frame[0].clear(2);
  frame[1].clear(2);
  Column& native = frame.emplace_back(Labels{{"__name__", "x"}}, 3);
  const auto histogram_of_4 = histogram("{{schema:-53 count:4 custom_values:[2] buckets:[4]}}");
  native.set(1, histogram_of_4);
  native.set(2, histogram_of_4);
  TestCall call(every_second(3));
  EXPECT_EQ(to_texts(quantile(call, 0.5, std::move(frame)).value()), Texts({"{} 1 _ 1"}));
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL warning: vector contains a mix of classic and native "
                   "histograms for metric name \"x\""}));
}

TEST(HistogramQuantile, KeepsHistogramsOfDifferentNamesApart) {
  Frame frame = classic_frame({{"1", 1}, {"+Inf", 2}}, "a");
  for (Column& column : classic_frame({{"1", 1}, {"+Inf", 2}}, "b")) {
    frame.push_back(std::move(column));
  }
  TestCall call;
  EXPECT_EQ(quantile(call, 0.5, std::move(frame)).error().message,
            "vector cannot contain metrics with the same labelset");
}

TEST(HistogramQuantile, RemarksOnObservationsOfNan) {
  Frame frame;
  frame.emplace_back(Labels{{"__name__", "x"}}, 1)
      .set(0, histogram("{{schema:0 count:10 sum:NaN buckets:[1 4]}}"));
  TestCall call;
  EXPECT_EQ(to_texts(quantile(call, 0.9, frame).value()), Texts({"{} NaN"}));
  ASSERT_TRUE(quantile(call, 0.1, frame));
  ASSERT_TRUE(fraction(call, 0, 1, frame));
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL info: input to histogram_fraction has NaN observations, which are "
                   "excluded from all fractions",
                   "PromQL info: input to histogram_quantile has NaN observations, result is NaN",
                   "PromQL info: input to histogram_quantile has NaN observations, result is "
                   "skewed higher"}));
}

TEST(HistogramQuantiles, LabelEachQuantile) {
  const auto call_with = [](TestCall& call, const std::string& label,
                            const std::vector<double>& values) {
    std::vector<Argument> arguments;
    arguments.emplace_back(classic_frame({{"2", 10}, {"4", 20}, {"+Inf", 20}}));
    arguments.emplace_back(label);
    for (const double q : values) arguments.emplace_back(scalars(q));
    return call.frame("histogram_quantiles", std::move(arguments));
  };
  TestCall call;
  EXPECT_EQ(to_texts(call_with(call, "q", {0, 0.25, 1}).value()),
            Texts({R"({q="0.0"} 0)", R"({q="0.25"} 1)", R"({q="1.0"} 4)"}));
  EXPECT_EQ(call.annotation_texts(), Texts());
  EXPECT_EQ(to_texts(call_with(call, "q", {1.01}).value()), Texts({R"({q="1.01"} inf)"}));
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL warning: quantile value should be between 0 and 1, got 1.01"}));
}

TEST(HistogramFraction, ReadsClassicAndNative) {
  TestCall call;
  EXPECT_EQ(
      to_texts(fraction(call, 0, 3.5, classic_frame({{"2", 10}, {"4", 20}, {"+Inf", 30}})).value()),
      Texts({"{} 0.583333333"}));
  Frame native;
  native.emplace_back(Labels{{"a", "b"}}, 1)
      .set(0, histogram("{{schema:-53 count:30 custom_values:[2 4] buckets:[10 10 10]}}"));
  EXPECT_EQ(to_texts(fraction(call, 0, 3.5, native).value()), Texts({R"({a="b"} 0.583333333)"}));
  EXPECT_EQ(to_texts(fraction(call, nan, 1, native).value()), Texts({R"({a="b"} NaN)"}));
}

TEST(HistogramFunctions, ReadNativeHistogramsAndIgnoreFloats) {
  const auto of = [](std::string_view function) {
    Frame frame;
    frame.emplace_back(Labels{{"__name__", "x"}}, 2)
        .set(0, histogram("{{schema:-53 sum:330 count:110 custom_values:[0 0.1 0.2 1] "
                          "buckets:[0 50 20 40]}}"));
    frame.front().set(1, 5.0);
    TestCall call(every_second(2));
    std::vector<Argument> arguments;
    arguments.emplace_back(std::move(frame));
    return to_texts(call.frame(function, std::move(arguments)).value()).front();
  };
  EXPECT_EQ(of("histogram_count"), "{} 110 _");
  EXPECT_EQ(of("histogram_sum"), "{} 330 _");
  EXPECT_EQ(of("histogram_avg"), "{} 3 _");
  EXPECT_EQ(of("histogram_stddev"), "{} 2.74354615 _");
  EXPECT_EQ(of("histogram_stdvar"), "{} 7.52704545 _");
}

/// The quantile of one classic histogram, searched bucket by bucket.
double naive_quantile(double q, const std::vector<double>& bounds,
                      const std::vector<double>& cumulative) {
  const double total = cumulative.back();
  if (total == 0 || bounds.size() < 2) return nan;
  std::size_t i = 0;
  while (i + 1 < bounds.size() && cumulative[i] < q * total) ++i;
  if (i + 1 == bounds.size()) return bounds[bounds.size() - 2];
  if (i == 0 && bounds[0] <= 0) return bounds[0];
  const double from = i == 0 ? 0 : bounds[i - 1];
  const double before = i == 0 ? 0 : cumulative[i - 1];
  return from + (bounds[i] - from) * ((q * total - before) / (cumulative[i] - before));
}

TEST(HistogramQuantile, AgreesWithANaiveOracleForManySeriesAndSteps) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const std::size_t steps = 1 + random() % 6;
    const std::size_t groups = 1 + random() % 5;
    Frame frame;
    std::vector<std::vector<double>> bounds(groups);
    std::vector<std::vector<std::vector<double>>> cumulative(groups);  // by group and step
    for (std::size_t group = 0; group < groups; ++group) {
      double bound = static_cast<double>(random() % 7) - 3;
      for (std::size_t i = 1 + random() % 8; i > 0; --i) {
        bounds[group].push_back(bound);
        bound += 0.25 * static_cast<double>(1 + random() % 9);
      }
      bounds[group].push_back(infinity);
      cumulative[group].resize(steps);
      std::vector<double> counts(steps, 0);
      for (const double upper : bounds[group]) {
        Column& bucket = frame.emplace_back(
            Labels{{"group", std::to_string(group)}, {"le", bucket_bound_text(upper)}}, steps);
        for (std::size_t step = 0; step < steps; ++step) {
          counts[step] += static_cast<double>(random() % 5);
          bucket.set(step, counts[step]);
          cumulative[group][step].push_back(counts[step]);
        }
      }
    }
    std::ranges::shuffle(frame, random);
    const double q = static_cast<double>(1 + random() % 999) / 1000;
    TestCall call(every_second(steps));
    const Frame result = quantile(call, q, std::move(frame)).value();
    ASSERT_EQ(result.size(), groups);
    for (const Column& column : result) {
      const std::size_t group = std::stoul(std::string(column.labels.get("group")));
      for (std::size_t step = 0; step < steps; ++step) {
        const double expected = naive_quantile(q, bounds[group], cumulative[group][step]);
        if (std::isnan(expected)) {
          EXPECT_TRUE(std::isnan(column.numbers[step]));
        } else {
          EXPECT_NEAR(column.numbers[step], expected, 1e-9);
        }
      }
    }
    EXPECT_EQ(call.annotation_texts(), Texts());
  }
}

}  // namespace
}  // namespace slod::query
