#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "tests/lib/query/function_call.h"

namespace slod::query {
namespace {

using Texts = std::vector<std::string>;

const std::string histograms_ignored =
    "PromQL info: ignored histograms in a range containing both floats and histograms for metric "
    "name \"requests_total\"";
const std::string mixed_types =
    "PromQL warning: encountered a mix of histograms and floats for metric name "
    "\"requests_total\"";

TestWindow random_window(std::mt19937& random, std::size_t count) {
  std::uniform_real_distribution<double> value(-1000, 1000);
  TestWindow window;
  std::int64_t milliseconds = 1'700'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    window.times.emplace_back(Duration(milliseconds));
    window.numbers.push_back(value(random));
    milliseconds += 1 + random() % 30'000;
  }
  window.begin = unix_seconds(window.times.front()) - 1;
  window.end = unix_seconds(window.times.back()) + 5;
  return window;
}

TEST(OverTimeFunctions, AgreeWithANaiveOracle) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const TestWindow window = random_window(random, 1 + random() % 60);
    long double sum = 0;
    for (const double number : window.numbers) sum += number;
    const auto count = static_cast<long double>(window.numbers.size());
    long double squares = 0;
    for (const double number : window.numbers) {
      squares += (number - sum / count) * (number - sum / count);
    }
    std::vector<double> sorted = window.numbers;
    std::ranges::sort(sorted);
    const double q = static_cast<double>(random() % 1001) / 1000;
    const double rank = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const double upper = sorted[std::min(below + 1, sorted.size() - 1)];
    const double quantile =
        sorted[below] + (upper - sorted[below]) * (rank - static_cast<double>(below));

    TestCall call;
    const auto result = [&](std::string_view function) {
      return call.window(function, window).number;
    };
    EXPECT_NEAR(result("sum_over_time"), static_cast<double>(sum), 1e-9);
    EXPECT_NEAR(result("avg_over_time"), static_cast<double>(sum / count), 1e-9);
    EXPECT_NEAR(result("stdvar_over_time"), static_cast<double>(squares / count), 1e-6);
    EXPECT_NEAR(result("stddev_over_time"), static_cast<double>(std::sqrt(squares / count)), 1e-6);
    EXPECT_EQ(result("count_over_time"), static_cast<double>(count));
    EXPECT_EQ(result("min_over_time"), sorted.front());
    EXPECT_EQ(result("max_over_time"), sorted.back());
    EXPECT_EQ(result("last_over_time"), window.numbers.back());
    EXPECT_EQ(result("first_over_time"), window.numbers.front());
    EXPECT_EQ(result("present_over_time"), 1);
    EXPECT_NEAR(call.window("quantile_over_time", window, {q}).number, quantile, 1e-9);
    EXPECT_EQ(call.annotation_texts(), Texts());
  }
}

TEST(TrendFunctions, AgreeWithANaiveOracle) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const TestWindow window = random_window(random, 2 + random() % 60);
    // Least squares around the means, which loses nothing to rounding.
    const auto count = static_cast<long double>(window.numbers.size());
    long double mean_x = 0;
    long double mean_y = 0;
    for (std::size_t i = 0; i < window.numbers.size(); ++i) {
      mean_x += static_cast<long double>(unix_seconds(window.times[i])) / count;
      mean_y += static_cast<long double>(window.numbers[i]) / count;
    }
    long double covariance = 0;
    long double variance = 0;
    for (std::size_t i = 0; i < window.numbers.size(); ++i) {
      const long double x = unix_seconds(window.times[i]) - mean_x;
      covariance += x * (window.numbers[i] - mean_y);
      variance += x * x;
    }
    const auto slope = static_cast<double>(covariance / variance);
    const auto now = static_cast<double>(mean_y + covariance / variance * (window.end - mean_x));
    const double tolerance = 1e-6 * (1 + std::abs(slope));
    TestCall call;
    EXPECT_NEAR(call.window("deriv", window).number, slope, tolerance);
    EXPECT_NEAR(call.window("predict_linear", window, {3600}).number, now + 3600 * slope,
                3600 * tolerance);
  }
}

struct OverTimeCase {
  const char* function;
  TestWindow samples;
  std::vector<double> scalars;
  std::string expected;
  Texts annotations;
};

TEST(OverTimeFunctions, AnswerTheEdgeCasesAsPrometheusDoes) {
  const std::string big = "9.988465674311579e+307";
  const std::vector<OverTimeCase> cases = {
      {"avg_over_time", samples({"1", "2", "Inf"}, 10), {}, "inf", {}},
      {"avg_over_time", samples({"Inf", "0", "Inf"}, 10), {}, "inf", {}},
      {"avg_over_time", samples({"1", "Inf", "-Inf"}, 10), {}, "NaN", {}},
      {"avg_over_time", samples({big, big}, 10), {}, "9.98846567e+307", {}},
      {"sum_over_time", samples({big, big}, 10), {}, "inf", {}},
      {"sum_over_time", samples({"1", "1e100", "1", "-1e100"}, 10), {}, "2", {}},
      {"avg_over_time", samples({"1", "1e100", "1", "-1e100"}, 10), {}, "0.5", {}},
      {"min_over_time", samples({"2", "NaN", "1"}, 10), {}, "1", {}},
      {"max_over_time", samples({"NaN", "0", "1"}, 10), {}, "1", {}},
      {"max_over_time", samples({"NaN", "NaN"}, 10), {}, "NaN", {}},
      {"mad_over_time", samples({"4", "6", "2", "1", "999", "1", "2"}, 10), {}, "1", {}},
      {"mad_over_time", samples({"1", "2", "NaN", "4"}, 10), {}, "NaN", {}},
      {"ts_of_min_over_time", samples({"1", "0", "5", "0", "2"}, 10.053), {}, "30.159", {}},
      {"ts_of_max_over_time", samples({"1", "6", "5", "6", "2"}, 10.053), {}, "30.159", {}},
      {"ts_of_first_over_time", samples({"1", "{{count:2}}"}, 10, 5), {}, "5", {}},
      {"ts_of_last_over_time", samples({"1", "{{count:2}}"}, 10, 5), {}, "15", {}},
      {"quantile_over_time", samples({"0", "1", "4"}, 10), {0.75}, "2.5", {}},
      {"quantile_over_time",
       samples({"1"}, 10),
       {-1},
       "-inf",
       {"PromQL warning: quantile value should be between 0 and 1, got -1"}},
      {"quantile_over_time",
       samples({"1"}, 10),
       {1.5},
       "inf",
       {"PromQL warning: quantile value should be between 0 and 1, got 1.5"}},
      {"min_over_time", samples({"3", "{{count:2}}"}, 10), {}, "3", {histograms_ignored}},
      {"min_over_time", samples({"{{count:2}}"}, 10), {}, "_", {}},
      {"stddev_over_time", samples({"3", "{{count:2}}"}, 10), {}, "0", {histograms_ignored}},
      {"quantile_over_time", samples({"3", "{{count:2}}"}, 10), {0.5}, "3", {histograms_ignored}},
      {"deriv", samples({"1", "{{count:2}}"}, 10), {}, "_", {histograms_ignored}},
      {"deriv", samples({"{{count:2}}", "{{count:2}}"}, 10), {}, "_", {}},
      {"deriv", samples({"1", "1", "1"}, 10), {}, "0", {}},
      {"deriv", samples({"Inf", "Inf"}, 10), {}, "NaN", {}},
      {"sum_over_time", samples({"3", "{{count:2}}"}, 10), {}, "_", {mixed_types}},
      {"avg_over_time", samples({"3", "{{count:2}}"}, 10), {}, "_", {mixed_types}},
      {"sum_over_time",
       samples({"{{sum:1 count:1}}", "{{sum:3 count:2}}"}, 10),
       {},
       "{count:3, sum:4}",
       {}},
      {"avg_over_time",
       samples({"{{sum:1 count:1}}", "{{sum:3 count:2}}"}, 10),
       {},
       "{count:1.5, sum:2}",
       {}},
      {"sum_over_time",
       samples({"{{sum:1 count:1}}", "{{schema:-53 count:1 custom_values:[5] buckets:[1]}}"}, 10),
       {},
       "_",
       {"PromQL warning: vector contains a mix of histograms with exponential and custom buckets "
        "schemas for metric name \"requests_total\""}},
      {"sum_over_time",
       samples({"{{count:1 counter_reset_hint:reset}}", "{{count:1 counter_reset_hint:not_reset}}"},
               10),
       {},
       "{count:2, sum:0}",
       {"PromQL warning: conflicting counter resets during histogram aggregation"}},
      {"count_over_time", samples({"3", "{{count:2}}"}, 10), {}, "2", {}},
      {"last_over_time", samples({"3", "{{sum:1 count:2}}"}, 10), {}, "{count:2, sum:1}", {}},
      {"first_over_time", samples({"3", "{{count:2}}"}, 10), {}, "3", {}},
      {"double_exponential_smoothing", samples({"0", "10", "20", "30"}, 10), {0.5, 0.5}, "30", {}},
      {"double_exponential_smoothing", samples({"0", "10", "40"}, 10), {0.5, 0.1}, "30", {}},
      {"double_exponential_smoothing", samples({"0"}, 10), {0.5, 0.5}, "_", {}},
  };
  for (const OverTimeCase& test : cases) {
    TestCall call;
    const Point point = call.window(test.function, test.samples, test.scalars);
    SCOPED_TRACE(fmt::format("{} = {}", test.function, test.expected));
    EXPECT_EQ(to_text(point), test.expected);
    EXPECT_EQ(call.annotation_texts(), test.annotations);
    EXPECT_EQ(call.context.failure, "");
  }
}

TEST(TrendFunctions, EndTheQueryForFactorsThatAreNone) {
  const TestWindow window = samples({"0", "1"}, 10);
  TestCall call;
  call.window("double_exponential_smoothing", window, {1.5, 0.5});
  EXPECT_EQ(call.context.failure, "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.500000");
  TestCall other;
  other.window("double_exponential_smoothing", window, {0.5, 0});
  EXPECT_EQ(other.context.failure, "invalid trend factor. Expected: 0 < tf < 1, got: 0.000000");
}

TEST(OverTimeFunctions, KeepNamesOnlyWhereTheySayWhichSampleItWas) {
  EXPECT_TRUE(window_function("last_over_time")->keeps_name);
  EXPECT_TRUE(window_function("first_over_time")->keeps_name);
  EXPECT_FALSE(window_function("max_over_time")->keeps_name);
  EXPECT_FALSE(window_function("rate")->keeps_name);
  EXPECT_EQ(window_function("absent_over_time"), nullptr);
  EXPECT_EQ(window_function("abs"), nullptr);
}

}  // namespace
}  // namespace slod::query
