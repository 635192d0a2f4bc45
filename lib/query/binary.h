#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "lib/promql/expr.h"
#include "lib/query/annotations.h"
#include "lib/query/evaluate.h"
#include "lib/query/frame.h"
#include "lib/query/query_limits.h"

namespace slod::query {

/// What a binary operator needs besides its operands.
struct BinaryContext {
  const promql::Binary& binary;
  promql::Position position;
  const Steps& steps;
  const Options& options;
  Annotations& annotations;
  QueryLimits& limits;
};

/// What the operator makes of two numbers; a comparison gives 1 or 0.
double number_result(promql::BinaryOperator op, double left, double right);

/// One operator applied to pairs of elements of which at least one is a histogram, or to numbers by
/// an operator that is not for them.
class HistogramOperator {
 public:
  explicit HistogramOperator(BinaryContext& context) : context_(context) {}

  struct Outcome {
    bool is_defined = false;  ///< the operator takes these kinds
    bool holds = true;        ///< of a comparison
    Point value;              ///< of a comparison, the left element
  };
  /// Notes for the user what is not defined, or may surprise.
  Outcome apply(const Point& left, const Point& right);

 private:
  Outcome apply_number(const Point& left, const Point& right);
  Outcome combine(const NativeHistogram& left, const NativeHistogram& right);
  Outcome incompatible(const Point& left, const Point& right);

  BinaryContext& context_;
  std::uint8_t noted_ = 0;  ///< which pairs of kinds were noted as incompatible, to say it once
};

/// Sets `out` at `step` to what the operator makes of two elements, or leaves it empty. True if the
/// operator is defined for them, also where a comparison does not hold.
bool apply(BinaryContext& context, HistogramOperator& histograms, const Column& left,
           const Column& right, Column& out, std::size_t step);

/// scalar op scalar.
ScalarFrame combine(promql::BinaryOperator op, ScalarFrame left, const ScalarFrame& right);

/// vector op scalar, or scalar op vector.
std::expected<Frame, Error> combine(Frame vector, const ScalarFrame& scalar, bool scalar_is_left,
                                    BinaryContext& context);

/// vector op vector, for all but the set operators.
std::expected<Frame, Error> match(Frame left, Frame right, BinaryContext& context);

/// `and`, `or`, `unless`.
std::expected<Frame, Error> combine_sets(Frame left, Frame right, BinaryContext& context);

/// Whether the result has no metric name: it is no longer the same metric.
bool is_arithmetic(promql::BinaryOperator op);

}  // namespace slod::query
