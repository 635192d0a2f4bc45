#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "tests/lib/query/function_call.h"

namespace slod::query {
namespace {

const std::string mixed_types =
    "PromQL warning: encountered a mix of histograms and floats for metric name "
    "\"requests_total\"";
const std::string no_counter =
    "PromQL warning: this native histogram metric is not a counter: \"requests_total\"";
const std::string no_gauge =
    "PromQL warning: this native histogram metric is not a gauge: \"requests_total\"";
const std::string mixed_buckets =
    "PromQL warning: vector contains a mix of histograms with exponential and custom buckets "
    "schemas for metric name \"requests_total\"";

using Texts = std::vector<std::string>;

struct RateCase {
  const char* name;
  const char* function;
  TestWindow samples;
  double begin;
  double end;
  std::string expected;
};

TEST(RateFunctions, ExtrapolateToTheEndsOfTheRange) {
  const auto from = [](double first) {
    TestWindow window;
    for (int i = 0; i <= 10; ++i) {
      window.times.push_back(at(300 * i));
      window.numbers.push_back(first + 10 * i);
    }
    return window;
  };
  const std::vector<RateCase> cases = {
      {"the first sample is at the left end, which is open", "increase", from(0), 0 - 1, 3000,
       "100"},
      {"begins at 0: nothing before", "increase", from(0), -3000, 3000, "100"},
      {"began long before: half an interval more", "increase", from(10), -3000, 3000, "105"},
      {"began 30 seconds before", "increase", from(1), -3000, 3000, "101"},
      {"a gauge knows no zero", "delta", from(1), -3000, 3000, "105"},
      {"right end within 1.1 intervals", "increase", from(0), -3000, 3300, "110"},
      {"right end far", "increase", from(0), -3000, 3600, "105"},
      {"per second of the range", "rate", from(0), -3000, 3000, "0.0166666667"},
      {"resets", "increase", samples({"0", "1", "2", "3", "2", "3", "4"}, 300), 0, 1800, "7"},
      {"a gauge that falls", "delta", samples({"200", "150", "100", "50", "0"}, 300), 0, 1200,
       "-200"},
      {"two samples are needed", "rate", samples({"5"}, 300), -300, 0, "_"},
      {"NaN is contagious", "rate", samples({"1", "NaN", "3"}, 300), 0, 600, "0.00333333333"},
      {"last rise", "irate", samples({"0", "30", "60"}, 30), 0, 60, "1"},
      {"last fall begins at 0", "irate", samples({"0", "30", "15"}, 30), 0, 60, "0.5"},
      {"last difference", "idelta", samples({"0", "50", "20"}, 30), 0, 60, "-30"},
      {"irate of one sample", "irate", samples({"0"}, 30), -30, 0, "_"},
  };
  for (RateCase test : cases) {
    SCOPED_TRACE(test.name);
    test.samples.begin = test.begin;
    test.samples.end = test.end;
    TestCall call;
    EXPECT_EQ(to_text(call.window(test.function, test.samples)), test.expected);
    EXPECT_EQ(call.annotation_texts(), Texts());
  }
}

/// What a counter counted, without its resets, and stretched by hand.
double naive_increase(const TestWindow& window, bool is_counter) {
  std::vector<double> counted = window.numbers;
  if (is_counter) {
    double base = 0;
    for (std::size_t i = 1; i < counted.size(); ++i) {
      if (window.numbers[i] < window.numbers[i - 1]) base += window.numbers[i - 1];
      counted[i] = base + window.numbers[i];
    }
  }
  const double first = unix_seconds(window.times.front());
  const double last = unix_seconds(window.times.back());
  const double interval = (last - first) / static_cast<double>(counted.size() - 1);
  const double slope = (counted.back() - counted.front()) / (last - first);
  double from = first - window.begin < 1.1 * interval ? window.begin : first - interval / 2;
  const double to = window.end - last < 1.1 * interval ? window.end : last + interval / 2;
  if (is_counter && slope > 0) from = std::max(from, first - counted.front() / slope);
  return slope * (to - from);
}

TEST(RateFunctions, AgreeWithANaiveOracle) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    TestWindow window;
    std::int64_t milliseconds = 1'000'000 + random() % 100'000;
    window.begin = static_cast<double>(milliseconds) / 1000 - (random() % 20'000 + 1) / 1000.0;
    double value = random() % 50;
    const std::size_t count = 2 + random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      window.times.emplace_back(Duration(milliseconds));
      window.numbers.push_back(value);
      milliseconds += 1 + random() % 30'000;
      value = random() % 8 == 0 ? random() % 10 : value + random() % 100;
    }
    window.end = unix_seconds(window.times.back()) + (random() % 30'000) / 1000.0;
    TestCall call;
    const double increase = naive_increase(window, true);
    const double tolerance = 1e-9 * (1 + increase);
    EXPECT_NEAR(call.window("increase", window).number, increase, tolerance);
    EXPECT_NEAR(call.window("rate", window).number, increase / (window.end - window.begin),
                tolerance);
    EXPECT_NEAR(call.window("delta", window).number, naive_increase(window, false),
                1e-9 * (1 + std::abs(value)) + tolerance);
  }
}

TEST(RateFunctions, AskWhetherAMetricIsACounter) {
  TestWindow window = samples({"1", "2"}, 15);
  TestCall call;
  for (const std::string metric : {"a_total", "a_sum", "a_count", "a_bucket", ""}) {
    window.metric = metric;
    call.window("rate", window);
  }
  window.metric = "memory";
  call.window("delta", window);
  call.window("irate", window);
  EXPECT_EQ(call.annotation_texts(), Texts());
  call.window("increase", window);
  call.window("rate", window);
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL info: metric might not be a counter, name does not end in "
                   "_total/_sum/_count/_bucket: \"memory\""}));
}

struct HistogramCase {
  const char* name;
  const char* function;
  TestWindow samples;
  std::string expected;  ///< in the notation; empty for no value
  Texts annotations;
};

TEST(RateFunctions, TakeNativeHistograms) {
  const std::string reconciled =
      "PromQL info: mismatched custom buckets were reconciled during subtraction";
  const std::vector<HistogramCase> cases = {
      {"irate",
       "irate",
       samples({"{{sum:1 count:1}}", "{{sum:4 count:4}}"}, 300),
       "{{sum:0.01 count:0.01}}",
       {}},
      {"irate after a reset",
       "irate",
       samples({"{{sum:9 count:9}}", "{{sum:3 count:3}}"}, 300),
       "{{sum:0.01 count:0.01}}",
       {}},
      {"irate of a gauge",
       "irate",
       samples({"{{sum:1 count:1}}", "{{sum:4 count:4 counter_reset_hint:gauge}}"}, 300),
       "{{sum:0.01 count:0.01}}",
       {no_counter}},
      {"irate of a mix", "irate", samples({"2", "{{sum:4 count:4}}"}, 300), "", {mixed_types}},
      {"irate looks at two samples alone",
       "irate",
       samples({"2", "{{sum:1 count:1}}", "{{sum:4 count:4}}"}, 300),
       "{{sum:0.01 count:0.01}}",
       {}},
      {"irate: a change of the kind of buckets is a reset",
       "irate",
       samples(
           {"{{sum:1 count:1}}", "{{schema:-53 sum:3 count:3 custom_values:[5 10] buckets:[3]}}"},
           300),
       "{{schema:-53 sum:0.01 count:0.01 custom_values:[5 10] buckets:[0.01]}}",
       {}},
      {"idelta of a counter",
       "idelta",
       samples({"{{sum:1 count:1}}", "{{sum:2 count:2 counter_reset_hint:gauge}}"}, 300),
       "{{sum:1 count:1}}",
       {no_gauge}},
      {"idelta of mixed buckets",
       "idelta",
       samples({"{{sum:1 count:1 counter_reset_hint:gauge}}",
                "{{schema:-53 sum:1 count:1 custom_values:[5 10] buckets:[1] "
                "counter_reset_hint:gauge}}"},
               300),
       "",
       {mixed_buckets}},
      {"idelta of other bounds",
       "idelta",
       samples({"{{schema:-53 sum:1 count:1 custom_values:[1] buckets:[2] "
                "counter_reset_hint:gauge}}",
                "{{schema:-53 sum:1 count:1 custom_values:[1 10] buckets:[1] "
                "counter_reset_hint:gauge}}"},
               300),
       "{{schema:-53 custom_values:[1] buckets:[-1]}}",
       {reconciled}},
      {"delta of a gauge",
       "delta",
       samples({"{{buckets:[0 0] counter_reset_hint:gauge}}",
                "{{sum:1 count:2 buckets:[1 1] counter_reset_hint:gauge}}"},
               300, 300),
       "{{sum:2 count:4 buckets:[2 2]}}",
       {}},
      {"delta of a counter",
       "delta",
       samples({"{{}}", "{{sum:1 count:2 buckets:[1 1]}}"}, 300, 300),
       "{{sum:2 count:4 buckets:[2 2]}}",
       {no_gauge}},
      {"increase across a reset, nothing before the first",
       "increase",
       samples({"{{schema:-53 sum:36 count:10 custom_values:[1 2] buckets:[1 9]}}",
                "{{schema:-53 sum:16 count:6 custom_values:[1 2] buckets:[3 3]}}",
                "{{schema:-53 sum:61 count:18 custom_values:[1 2] buckets:[9 9]}}"},
               300),
       "{{schema:-53 sum:91.5 count:27 custom_values:[1 2] buckets:[13.5 13.5]}}",
       {}},
      {"rate of one histogram", "rate", samples({"{{sum:1 count:1}}"}, 300), "", {}},
      {"rate of a mix", "rate", samples({"2", "{{sum:4 count:4}}"}, 300), "", {mixed_types}},
      {"rate of mixed buckets",
       "rate",
       samples({"{{sum:1 count:1}}", "{{sum:2 count:2}}",
                "{{schema:-53 sum:9 count:9 custom_values:[5 10] buckets:[9]}}"},
               300),
       "",
       {mixed_buckets}},
      {"rate of a gauge",
       "rate",
       samples({"{{counter_reset_hint:gauge}}", "{{sum:300 count:300}}"}, 300, 300),
       "{{sum:0.5 count:0.5}}",
       {no_counter}},
  };
  for (const HistogramCase& test : cases) {
    SCOPED_TRACE(test.name);
    TestCall call;
    const Point point = call.window(test.function, test.samples);
    EXPECT_EQ(call.annotation_texts(), test.annotations);
    if (test.expected.empty()) {
      EXPECT_EQ(point.kind, Point::Kind::none);
      continue;
    }
    ASSERT_EQ(point.kind, Point::Kind::histogram);
    EXPECT_EQ(slod::to_text(*point.histogram), slod::to_text(*histogram(test.expected)));
    EXPECT_EQ(point.histogram->hint, NativeHistogram::ResetHint::gauge);
  }
}

TEST(RateFunctions, GiveHistogramsTheirCoarsestSchema) {
  TestCall call;
  const Point rate = call.window("rate", samples({"{{schema:1 sum:1 count:2 buckets:[1 1]}}",
                                                  "{{schema:1 sum:2 count:3 buckets:[1 2]}}",
                                                  "{{schema:0 sum:9 count:9 buckets:[1 8]}}"},
                                                 300));
  ASSERT_EQ(rate.kind, Point::Kind::histogram);
  EXPECT_EQ(rate.histogram->schema, 0);
}

TEST(ChangeFunctions, CountChangesAndResets) {
  const auto window = samples({"1", "2", "3", "0", "1", "0", "0", "1", "2", "0"}, 300);
  TestCall call;
  EXPECT_EQ(to_text(call.window("resets", window)), "3");
  EXPECT_EQ(to_text(call.window("changes", window)), "8");
  EXPECT_EQ(to_text(call.window("changes", samples({"NaN", "NaN", "0", "NaN"}, 300))), "2");
  EXPECT_EQ(to_text(call.window("changes", samples({"7"}, 300))), "0");
}

TEST(ChangeFunctions, TakeAStepToAHistogramAsBoth) {
  const auto window = samples({"0", "{{sum:1 count:1}}", "{{sum:1 count:1}}",
                               "{{sum:2 count:2 z_bucket_w:0.001 z_bucket:2}}",
                               "{{sum:2 count:2 z_bucket_w:0.001 z_bucket:1}}", "1"},
                              300);
  TestCall call;
  EXPECT_EQ(to_text(call.window("changes", window)), "4");
  EXPECT_EQ(to_text(call.window("resets", window)), "3");
}

}  // namespace
}  // namespace slod::query
