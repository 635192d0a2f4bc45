#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/query/annotations.h"
#include "lib/query/constant_time.h"
#include "lib/query/evaluate.h"
#include "lib/query/frame.h"
#include "lib/query/functions.h"
#include "lib/query/query_limits.h"
#include "lib/query/windows.h"
#include "lib/series/sample_source.h"

namespace slod::query {

/// Walks the tree of one query. Each node is evaluated at all steps before its parent is.
class Evaluator {
 public:
  /// `query` are the steps of the whole query and `end` what `@ end()` means: no earlier than the
  /// last of them.
  Evaluator(const SampleSource& source, const Options& options, const Steps& query, Instant end)
      : source_(source), options_(options), query_(query), end_(end), limits_(options) {}

  /// The value of an expression that is no range vector.
  std::expected<Argument, Error> evaluate(const promql::Expr& expr, const Steps& steps);

  /// The series of a matrix selector or subquery, with what the windows of all steps hold.
  std::expected<RangeVector, Error> range_vector(const promql::Expr& expr, const Steps& steps);

  QueryLimits& limits() { return limits_; }
  Annotations& annotations() { return annotations_; }
  std::size_t samples_read() const { return samples_read_; }

 private:
  using Value = std::expected<Argument, Error>;

  Value evaluate_once(const promql::Expr& expr, const Steps& steps);
  Value evaluate_node(const promql::Expr& expr, const Steps& steps);
  Value evaluate_negated(const promql::Expr& expr, const Steps& steps);
  Value evaluate_binary(const promql::Expr& expr, const Steps& steps);
  Value evaluate_aggregate(const promql::Expr& expr, const Steps& steps);
  Value evaluate_call(const promql::Expr& expr, const Steps& steps);

  Value call_window_function(const WindowFunctionEntry& entry, Context& context);
  Value call_frame_function(const FrameFunction& function, Context& context);
  Value call_info(const promql::Call& call, const Steps& steps);
  Value call_absent(const promql::Expr& argument, const Steps& steps);
  std::expected<Frame, Error> presence(const promql::Expr& range_vector, const Steps& steps);
  std::expected<std::vector<ScalarFrame>, Error> scalar_arguments(const promql::Call& call,
                                                                  const Steps& steps);

  std::expected<Frame, Error> evaluate_frame(const promql::Expr& expr, const Steps& steps);
  std::expected<Frame, Error> instant_vector(const promql::VectorSelector& selector,
                                             promql::Position position, const Steps& steps,
                                             Taken taken);
  std::expected<std::vector<SampleRun>, Error> read(std::span<const promql::Matcher> matchers,
                                                    Interval range);
  std::expected<RangeVector, Error> selected_range(const promql::MatrixSelector& matrix,
                                                   const Steps& steps);
  std::expected<RangeVector, Error> subquery_range(const promql::Subquery& subquery,
                                                   const Steps& steps);

  const SampleSource& source_;
  const Options& options_;
  Steps query_;
  Instant end_;
  QueryLimits limits_;
  Annotations annotations_;
  ConstantTime constant_time_;
  std::size_t samples_read_ = 0;
  std::size_t depth_ = 0;
};

/// The expression within any parentheses.
const promql::Expr& without_parentheses(const promql::Expr& expr);

}  // namespace slod::query
