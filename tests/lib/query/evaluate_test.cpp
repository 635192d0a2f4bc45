#include "lib/query/evaluate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "lib/promql/parser.h"
#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

using promql::ValueType;

/// Counters and gauges with gaps, resets and ends.
Loaded random_series(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Loaded source;
  for (int i = 0; i < 12; ++i) {
    const Labels labels{{"__name__", i % 2 == 0 ? "requests_total" : "load"},
                        {"instance", std::to_string(i / 4)},
                        {"job", i % 4 < 2 ? "api" : "web"}};
    std::vector<std::pair<double, double>> samples;
    double value = 0;
    for (int at = 0; at < 1800; at += 15) {
      const auto event = random() % 40;
      if (event < 3) continue;
      if (event == 3) value = 0;
      value = i % 2 == 0 ? value + static_cast<double>(random() % 20)
                         : static_cast<double>(random() % 100);
      samples.emplace_back(at + static_cast<double>(random() % 3000) / 1000,
                           event == 4 ? stale_marker() : value);
    }
    source.add(labels, samples);
  }
  return source;
}

/// What a range query says of a step is what an instant query at that time says.
TEST(Range, IsAnInstantQueryAtEachStep) {
  const char* const queries[] = {
      "load",
      "load offset 2m",
      "rate(requests_total[2m])",
      "increase(requests_total[45s])",
      "irate(requests_total[1m])",
      "resets(requests_total[5m])",
      "changes(load[3m])",
      "sum by (job) (rate(requests_total[2m]))",
      "sum by (job) (rate(requests_total[2m])) / on (job) group_left count by (job) (load)",
      "topk(2, load)",
      "load > 50 or requests_total",
      "load and on (instance) requests_total > 100",
      "max_over_time(load[4m:30s])",
      "avg_over_time(sum by (job) (load)[3m:20s])",
      "quantile_over_time(0.4, load[3m])",
      "deriv(load[2m])",
      "predict_linear(load[2m], 60)",
      "absent(load{instance=\"9\"})",
      "absent_over_time(load{job=\"api\"}[15s])",
      "timestamp(load)",
      "time() - timestamp(load)",
      "scalar(sum(load)) * load",
      "clamp(load, 20, scalar(avg(load)))",
      "hour(load * 3600) + minute()",
      "label_replace(load, \"host\", \"h$1\", \"instance\", \"(.*)\")",
      "-(load % 7) ^ 2",
      "last_over_time(load[1m])",
      "stddev_over_time(load[2m])",
      "count_values(\"v\", load % 3)",
      "load @ 600",
      "load - load @ 600 offset 1m",
      "vector(time())",
      "1 + time()",
  };
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Loaded source = random_series(seed);
    for (const char* query : queries) {
      const auto matrix = range_matrix(source, query, 0, 1800, 37);
      for (double at = 0; at <= 1800; at += 37) {
        const Result result = instant_result(source, query, at);
        Vector expected;
        if (result.type == ValueType::scalar) expected.emplace(Labels(), result.scalar);
        for (const SampleRun& run : result.series) expected.emplace(run.labels, run.values.at(0));
        const auto found = matrix.find(Instant(duration_from_seconds(at)));
        expect_near(expected, found == matrix.end() ? Vector() : found->second,
                    fmt::format("seed {}: {} at {}", seed, query, at));
      }
    }
  }
}

TEST(Instant, SaysWhatKindOfValueItIs) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}}, {{0, 1}});
  const struct {
    const char* query;
    ValueType type;
  } cases[] = {
      {"1", ValueType::scalar},         {"\"a\"", ValueType::string},
      {"x", ValueType::vector},         {"x[5m]", ValueType::matrix},
      {"(x[5m])", ValueType::matrix},   {"x[5m:1m]", ValueType::matrix},
      {"(\"a\")", ValueType::string},   {"scalar(x)", ValueType::scalar},
      {"vector(1)", ValueType::vector}, {"((x))", ValueType::vector},
      {"time()", ValueType::scalar},    {"pi() + 1", ValueType::scalar},
  };
  for (const auto& c : cases) EXPECT_EQ(instant_result(source, c.query, 0).type, c.type) << c.query;
  EXPECT_EQ(instant_result(source, "\"a\\nb\"", 0).string, "a\nb");
  EXPECT_EQ(instant_result(source, "(2)", 0).scalar, 2);
}

TEST(Range, TakesScalarsAndInstantVectorsOnly) {
  const Loaded source;
  EXPECT_EQ(range_failure(source, "x[5m]", 0, 60, 60).message,
            "invalid expression type \"range vector\" for range query, must be Scalar or instant "
            "Vector");
  EXPECT_EQ(range_failure(source, "\"a\"", 0, 60, 60).message,
            "invalid expression type \"string\" for range query, must be Scalar or instant Vector");
  EXPECT_EQ(range_matrix(source, "7", 0, 100, 40).size(), 3U);
}

TEST(Limits, RefuseTooManySamples) {
  Loaded source;
  std::vector<std::pair<double, double>> samples;
  for (int i = 0; i < 1000; ++i) samples.emplace_back(i, i);
  source.add(Labels{{"__name__", "x"}}, samples);
  const auto allowed = [](std::size_t samples_max) { return Options{.samples_max = samples_max}; };
  // A thousand samples of the range, and one of the result.
  EXPECT_EQ(instant_vector(source, "sum_over_time(x[1000s])", 999, allowed(1002)).size(), 1U);
  const Error error = failure(source, "sum_over_time(x[1000s])", 999, allowed(999));
  EXPECT_EQ(error.kind, Error::Kind::too_many_samples);
  EXPECT_EQ(error.message,
            "query processing would load too many samples into memory in query execution");
  EXPECT_EQ(failure(source, "x[1000s]", 999, allowed(999)).kind, Error::Kind::too_many_samples);
  // What an operand held is free again once the operation is done.
  EXPECT_EQ(instant_vector(source,
                           "sum_over_time(x[1000s]) + sum_over_time(x[1000s]) + "
                           "sum_over_time(x[1000s])",
                           999, allowed(1500))
                .size(),
            1U);
  // Steps count, too: of a query, of a subquery, and of a number.
  EXPECT_EQ(range_failure(source, "x", 0, 999, 1, allowed(1500)).kind,
            Error::Kind::too_many_samples);
  EXPECT_EQ(range_failure(source, "1", 0, 9999, 1, allowed(5000)).kind,
            Error::Kind::too_many_samples);
  EXPECT_EQ(failure(source, "count_over_time(vector(1)[10000s:1s])", 0, allowed(5000)).kind,
            Error::Kind::too_many_samples);
}

TEST(Limits, EndAQueryThatNobodyWaitsFor) {
  const Loaded source = random_series(1);
  for (const char* query :
       {"load", "rate(requests_total[5m])", "sum(load)", "topk(1, load)", "load + load",
        "max_over_time(load[10m:1s])", "load or requests_total", "count_values(\"v\", load)"}) {
    int asked = 0;
    Options options;
    options.is_cancelled = [&] { return ++asked > 1; };
    const Error error = range_failure(source, query, 0, 1800, 1, options);
    EXPECT_EQ(error.kind, Error::Kind::stopped) << query;
    EXPECT_EQ(error.message, "query was canceled in expression evaluation") << query;
    EXPECT_LE(asked, 3) << query << " goes on after it was told to stop";
  }
}

TEST(Limits, RefuseTreesThatWouldUseUpTheStack) {
  const Loaded source;
  const auto nested = [](std::size_t levels) {
    promql::ExprPtr expr = promql::parse("1").value();
    for (std::size_t i = 0; i < levels; ++i) {
      expr = promql::make_expr({}, promql::Paren{.expr = expr});
    }
    return expr;
  };
  const auto shallow = instant(*nested(500), "", Instant(), source, Options());
  ASSERT_TRUE(shallow);
  EXPECT_EQ(shallow->scalar, 1);
  const auto deep = instant(*nested(2000), "", Instant(), source, Options());
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().message, "the query is nested too deep");
}

/// A chain of operators is long on its left, and is no nesting for who reads it.
TEST(Limits, TakeLongChains) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}}, {{0, 1}});
  std::string query = "x";
  for (int i = 0; i < 300; ++i) query += " + x";
  EXPECT_EQ(text(instant_vector(source, query, 0)), "{} 301");
}

}  // namespace
}  // namespace slod::query
