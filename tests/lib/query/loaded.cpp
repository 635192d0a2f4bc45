#include "tests/lib/query/loaded.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lib/promql/parser.h"
#include "lib/series/recent_samples.h"

namespace slod::query {
namespace {

Instant time(double seconds) {
  return Instant(duration_from_seconds(seconds));
}

promql::ExprPtr parsed(std::string_view query) {
  auto expr = promql::parse(query, {.experimental_functions = true});
  EXPECT_TRUE(expr) << query << ": " << (expr ? "" : expr.error().text(query));
  return expr ? *expr : promql::parse("0").value();
}

std::expected<Result, Error> run_range(const Loaded& source, std::string_view query, double start,
                                       double end, double step, const Options& options) {
  return range(*parsed(query), query, time(start), time(end), duration_from_seconds(step), source,
               options);
}

}  // namespace

void Loaded::add(const Labels& labels, const std::vector<std::pair<double, double>>& samples) {
  for (const auto& [at, value] : samples) series_[labels][time(at)] = value;
}

std::vector<SampleRun> Loaded::select(std::span<const promql::Matcher> matchers, Interval range,
                                      const IsUnwanted& /*is_unwanted*/) const {
  std::vector<SampleRun> runs;
  for (const auto& [labels, samples] : series_) {
    if (!satisfies(labels, matchers)) continue;
    SampleRun run;
    run.labels = labels;
    for (const auto& [at, value] : samples) {
      if (at <= range.begin || at > range.end) continue;
      run.times.push_back(at);
      run.values.push_back(value);
    }
    if (!run.times.empty()) runs.push_back(std::move(run));
  }
  std::ranges::reverse(runs);  // a source may give its series in any order
  return runs;
}

std::vector<Labels> Loaded::series(std::span<const promql::Matcher> matchers, Interval,
                                   const IsUnwanted& /*is_unwanted*/) const {
  std::vector<Labels> found;
  for (const auto& [labels, samples] : series_) {
    if (satisfies(labels, matchers)) found.push_back(labels);
  }
  return found;
}

Result instant_result(const Loaded& source, std::string_view query, double at,
                      const Options& options) {
  auto result = instant(*parsed(query), query, time(at), source, options);
  EXPECT_TRUE(result) << query << ": " << (result ? "" : result.error().message);
  return result ? std::move(*result) : Result();
}

Vector instant_vector(const Loaded& source, std::string_view query, double at,
                      const Options& options) {
  Vector vector;
  const Result result = instant_result(source, query, at, options);
  for (const SampleRun& run : result.series) {
    EXPECT_EQ(run.times, std::vector{time(at)}) << query;
    EXPECT_TRUE(vector.emplace(run.labels, run.values.at(0)).second) << query << ": a series twice";
  }
  return vector;
}

Matrix range_matrix(const Loaded& source, std::string_view query, double start, double end,
                    double step, const Options& options) {
  Matrix matrix;
  const auto result = run_range(source, query, start, end, step, options);
  EXPECT_TRUE(result) << query << ": " << (result ? "" : result.error().message);
  if (!result) return matrix;
  EXPECT_TRUE(std::ranges::is_sorted(result->series, {}, &SampleRun::labels)) << query;
  for (const SampleRun& run : result->series) {
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      matrix[run.times[i]].emplace(run.labels, run.values[i]);
    }
  }
  return matrix;
}

Error failure(const Loaded& source, std::string_view query, double at, const Options& options) {
  const auto result = instant(*parsed(query), query, time(at), source, options);
  EXPECT_FALSE(result) << query;
  return result ? Error() : result.error();
}

Error range_failure(const Loaded& source, std::string_view query, double start, double end,
                    double step, const Options& options) {
  const auto result = run_range(source, query, start, end, step, options);
  EXPECT_FALSE(result) << query;
  return result ? Error() : result.error();
}

std::string text(const Vector& vector) {
  std::string all;
  for (const auto& [labels, value] : vector) {
    all += fmt::format("{}{} {}", all.empty() ? "" : " ", to_text(labels), value);
  }
  return all;
}

bool is_near(double one, double other) {
  if (std::isnan(one) || std::isnan(other)) return std::isnan(one) == std::isnan(other);
  if (one == other) return true;
  if (std::isinf(one) || std::isinf(other)) return false;
  return std::abs(one - other) <= 1e-9 * std::max(std::abs(one), std::abs(other));
}

void expect_near(const Vector& expected, const Vector& found, std::string_view what) {
  const bool is_same = std::ranges::equal(expected, found, [](const auto& one, const auto& other) {
    return one.first == other.first && is_near(one.second, other.second);
  });
  EXPECT_TRUE(is_same) << what << "\nexpected " << text(expected) << "\nfound    " << text(found);
}

}  // namespace slod::query
