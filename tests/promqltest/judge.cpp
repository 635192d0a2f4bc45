#include "tests/promqltest/judge.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "lib/promql/parser.h"
#include "lib/query/evaluate.h"
#include "lib/sketch/native_histogram.h"
#include "tests/promqltest/pinned.h"

namespace slod::promqltest {
namespace {

using query::Annotations;
using query::Point;
using query::Result;
using std::chrono::minutes;

query::Options options() {
  return {.subquery_step = minutes(1), .delayed_name_removal = true};
}

bool almost_equal(double expected, double found) {
  constexpr double epsilon = 1e-6;
  if (is_stale_marker(expected) || is_stale_marker(found)) {
    return is_stale_marker(expected) && is_stale_marker(found);
  }
  if (std::isnan(expected) || std::isnan(found)) return std::isnan(expected) == std::isnan(found);
  if (expected == found) return true;
  const double difference = std::abs(expected - found);
  const double sum = std::abs(expected) + std::abs(found);
  if (expected == 0 || found == 0 || sum < std::numeric_limits<double>::min()) {
    return difference < epsilon * std::numeric_limits<double>::min();
  }
  return difference / std::min(sum, std::numeric_limits<double>::max()) < epsilon;
}

bool almost_equal(const std::vector<NativeHistogram::Bucket>& expected,
                  const std::vector<NativeHistogram::Bucket>& found) {
  return std::ranges::equal(expected, found, [](const auto& one, const auto& other) {
    return one.index == other.index && almost_equal(one.count, other.count);
  });
}

bool almost_equal(NativeHistogram expected, NativeHistogram found, bool with_hint) {
  compact(expected);
  compact(found);
  return expected.schema == found.schema && almost_equal(expected.count, found.count) &&
         almost_equal(expected.sum, found.sum) && expected.zero_threshold == found.zero_threshold &&
         almost_equal(expected.zero_count, found.zero_count) &&
         almost_equal(expected.positive, found.positive) &&
         almost_equal(expected.negative, found.negative) &&
         expected.custom_bounds == found.custom_bounds &&
         (!with_hint || expected.hint == found.hint);
}

bool almost_equal(const Point& expected, const Point& found, bool with_hint) {
  if (expected.kind != found.kind) return false;
  if (expected.kind == Point::Kind::number) return almost_equal(expected.number, found.number);
  return expected.kind == Point::Kind::none ||
         almost_equal(*expected.histogram, *found.histogram, with_hint);
}

std::string text(const Point& point) {
  if (point.kind == Point::Kind::none) return "nothing";
  return point.kind == Point::Kind::number ? fmt::format("{}", point.number)
                                           : to_text(*point.histogram);
}

Point point_at(const SampleRun& run, std::size_t index) {
  if (!run.histograms.empty() && run.histograms[index] != nullptr) {
    return Point(run.histograms[index]);
  }
  return Point(run.values[index]);
}

/// The value of a series at one time.
Point point_at(const SampleRun& run, Instant at) {
  const auto found = std::ranges::lower_bound(run.times, at);
  if (found == run.times.end() || *found != at) return {};
  return point_at(run, static_cast<std::size_t>(found - run.times.begin()));
}

/// What a matrix holds at one time.
std::vector<SampleRun> at_one_time(const std::vector<SampleRun>& matrix, Instant at) {
  std::vector<SampleRun> vector;
  for (const SampleRun& run : matrix) {
    const Point point = point_at(run, at);
    if (point.kind == Point::Kind::none) continue;
    SampleRun& one = vector.emplace_back();
    one.labels = run.labels;
    one.times.push_back(at);
    one.values.push_back(point.number);
    if (point.histogram != nullptr) one.histograms.push_back(point.histogram);
  }
  return vector;
}

std::string check_texts(const Expected& expected, const std::vector<std::string>& found,
                        std::string_view what) {
  if (expected.required && found.empty()) return fmt::format("expected {}, found none", what);
  if (expected.forbidden && !found.empty()) {
    return fmt::format("expected no {}, found {:?}", what, found[0]);
  }
  if (expected.messages.empty() && expected.patterns.empty()) return {};
  std::vector<bool> explained(found.size());
  const auto expect = [&](const std::string& wanted, const auto& fits) {
    bool any = false;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!fits(found[i])) continue;
      explained[i] = any = true;
    }
    return any ? std::string{}
               : fmt::format("expected {} {:?}, found {:?}", what, wanted,
                             found.empty() ? "none" : found[0]);
  };
  for (const std::string& message : expected.messages) {
    auto problem = expect(message, [&](const std::string& one) { return one == message; });
    if (!problem.empty()) return problem;
  }
  for (const std::string& pattern : expected.patterns) {
    auto problem = expect(
        pattern, [&](const std::string& one) { return re2::RE2::PartialMatch(one, pattern); });
    if (!problem.empty()) return problem;
  }
  const auto unexplained = std::ranges::find(explained, false);
  if (unexplained == explained.end()) return {};
  return fmt::format("found {} that is not expected: {:?}", what,
                     found[static_cast<std::size_t>(unexplained - explained.begin())]);
}

std::string check_annotations(const Eval& eval, const Annotations& annotations,
                              std::string_view query) {
  auto problem = check_texts(eval.warnings,
                             annotations.texts(Annotations::Severity::warning, query), "warning");
  if (!problem.empty()) return problem;
  return check_texts(eval.infos, annotations.texts(Annotations::Severity::info, query), "info");
}

std::string check_points(const SeriesLine& line, const SampleRun& found,
                         const std::vector<Instant>& times) {
  std::size_t expected_count = 0;
  for (std::size_t i = 0; i < std::max(times.size(), line.values.size()); ++i) {
    const SeriesValue expected = i < line.values.size() ? line.values[i] : SeriesValue();
    if (expected.point.kind != Point::Kind::none) ++expected_count;
    if (i >= times.size()) continue;
    const Point got = point_at(found, times[i]);
    if (almost_equal(expected.point, got, expected.hint_given)) continue;
    return fmt::format("{} at {}: expected {}, found {}", to_text(line.labels),
                       unix_seconds(times[i]), text(expected.point), text(got));
  }
  if (found.times.size() == expected_count) return {};
  return fmt::format("{}: expected {} values, found {}", to_text(line.labels), expected_count,
                     found.times.size());
}

/// Compares with the expected series, whose values are those at `times`.
std::string check_series(const Eval& eval, const std::vector<SampleRun>& found,
                         const std::vector<Instant>& times) {
  std::map<Labels, const SampleRun*> by_labels;
  for (const SampleRun& run : found) {
    if (!by_labels.emplace(run.labels, &run).second) {
      return fmt::format("{} comes twice", to_text(run.labels));
    }
  }
  for (const SeriesLine& line : eval.series) {
    const auto entry = by_labels.find(line.labels);
    if (entry == by_labels.end()) {
      return fmt::format("expected {}, found no such series", to_text(line.labels));
    }
    auto problem = check_points(line, *entry->second, times);
    if (!problem.empty()) return problem;
    by_labels.erase(entry);
  }
  if (by_labels.empty()) return {};
  const auto& [labels, run] = *by_labels.begin();
  return fmt::format("found {} {}, which is not expected", to_text(labels),
                     text(point_at(*run, std::size_t{0})));
}

std::string check_matrix(const Eval& eval, const std::vector<SampleRun>& found,
                         const std::vector<Instant>& times) {
  if (eval.scalar) return "expected a scalar, found a matrix";
  if (!std::ranges::is_sorted(found, {}, &SampleRun::labels)) {
    return "expected the series in the order of their labels";
  }
  return check_series(eval, found, times);
}

std::string check_order(const Eval& eval, const std::vector<SampleRun>& found) {
  for (std::size_t i = 0; i < std::min(found.size(), eval.series.size()); ++i) {
    if (found[i].labels == eval.series[i].labels) continue;
    return fmt::format("expected {} at place {}, found {}", to_text(eval.series[i].labels), i + 1,
                       to_text(found[i].labels));
  }
  return {};
}

std::vector<Instant> times_of(const RangeOfSteps& steps) {
  std::vector<Instant> times;
  for (Instant at = steps.start; at <= steps.end; at += steps.step) times.push_back(at);
  return times;
}

std::string check_instant(const Eval& eval, const Result& result, Instant at) {
  switch (result.type) {
    case promql::ValueType::string:
      if (eval.string && result.string == *eval.string) return {};
      return fmt::format("expected another result, found the string {:?}", result.string);
    case promql::ValueType::scalar:
      if (!eval.scalar) return fmt::format("expected a vector, found the scalar {}", result.scalar);
      if (almost_equal(*eval.scalar, result.scalar)) return {};
      return fmt::format("expected {}, found {}", *eval.scalar, result.scalar);
    case promql::ValueType::matrix:
      if (!eval.range_vector) return "expected a vector, found a range vector";
      return check_matrix(eval, result.series, times_of(*eval.range_vector));
    case promql::ValueType::vector:
      break;
  }
  if (eval.scalar) return "expected a scalar, found a vector";
  auto problem = check_series(eval, result.series, {at});
  return problem.empty() && eval.is_ordered ? check_order(eval, result.series) : problem;
}

std::string check_failure(const Eval& eval, const std::string& message) {
  if (!eval.fail.required) return "fails: " + message;
  return check_texts(eval.fail, {message}, "failure");
}

/// The query as the middle step of a range.
std::string judge_middle(const Eval& eval, const promql::Expr& expr, Instant at,
                         const Memory& memory) {
  const auto result = query::range(expr, eval.query, at - minutes(1), at + minutes(1), minutes(1),
                                   memory, options());
  if (!result) return "as a range, it fails: " + result.error().message;
  const auto vector = at_one_time(result->series, at);
  std::string problem;
  if (eval.scalar) {
    const Point found = vector.empty() ? Point() : point_at(vector.front(), std::size_t{0});
    if (!almost_equal(Point(*eval.scalar), found, false)) problem = "found " + text(found);
  } else if (!std::ranges::is_sorted(result->series, {}, &SampleRun::labels)) {
    problem = "expected the series in the order of their labels";
  } else {
    problem = check_series(eval, vector, {at});
  }
  return problem.empty() ? "" : "as a range: " + problem;
}

/// The query at one time and, where that is to give the same, as the middle of a range.
std::string judge_at(const Eval& eval, const promql::Expr& expr, Instant at, const Memory& memory) {
  const auto result = query::instant(expr, eval.query, at, memory, options());
  if (!result) return check_failure(eval, result.error().message);
  if (eval.fail.required) return "expected a failure, found none";
  auto problem = check_annotations(eval, result->annotations, eval.query);
  if (problem.empty()) problem = check_instant(eval, *result, at);
  const bool has_range_form = !eval.is_ordered && !eval.string && !eval.range_vector &&
                              !promqltest::depends_on_boundaries(expr);
  return problem.empty() && has_range_form ? judge_middle(eval, expr, at, memory) : problem;
}

/// The query as written and, pinned to its time, at others.
std::string judge_everywhere(const Eval& eval, const promql::Expr& expr, Instant at,
                             const Memory& memory) {
  auto problem = judge_at(eval, expr, at, memory);
  const auto fixed = pinned(expr, at);
  if (!problem.empty() || fixed == nullptr) return problem;
  const Duration since_zero = at.time_since_epoch();
  std::vector<Instant> elsewhere{Instant(-10 * since_zero), Instant{}, Instant(since_zero / 5), at,
                                 Instant(10 * since_zero)};
  if (since_zero == Duration{}) {
    elsewhere = {Instant(-std::chrono::seconds(1)), Instant{}, Instant(std::chrono::seconds(1))};
  }
  for (const Instant when : elsewhere) {
    problem = judge_at(eval, *fixed, when, memory);
    if (!problem.empty()) return fmt::format("pinned, at {}: {}", unix_seconds(when), problem);
  }
  return {};
}

}  // namespace

std::string judge(const Eval& eval, const Memory& memory) {
  const auto* at = std::get_if<Instant>(&eval.when);
  const RangeOfSteps steps = at != nullptr ? RangeOfSteps{*at, *at} : std::get<1>(eval.when);
  const auto expr = promql::parse(eval.query, {.experimental_functions = true,
                                               .query_step = steps.step,
                                               .query_range = steps.end - steps.start});
  if (!expr) return check_failure(eval, expr.error().text(eval.query));
  if (at != nullptr) return judge_everywhere(eval, **expr, *at, memory);
  const auto result =
      query::range(**expr, eval.query, steps.start, steps.end, steps.step, memory, options());
  if (!result) return check_failure(eval, result.error().message);
  if (eval.fail.required) return "expected a failure, found none";
  auto problem = check_annotations(eval, result->annotations, eval.query);
  return problem.empty() ? check_matrix(eval, result->series, times_of(steps)) : problem;
}

}  // namespace slod::promqltest
