#include "lib/query/binary.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <utility>

#include "lib/query/functions.h"
#include "lib/query/label_choice.h"
#include "lib/sketch/native_histogram_sum.h"
#include "lib/sketch/native_histogram_trim.h"

namespace slod::query {
namespace {

using promql::BinaryOperator;

constexpr std::string_view kind_name(const Point& point) {
  return point.kind == Point::Kind::histogram ? "histogram" : "float";
}

Point owned(NativeHistogram histogram) {
  compact(histogram);
  return Point(std::make_shared<const NativeHistogram>(std::move(histogram)));
}

/// One element of a column of scalars op vectors. The vector's own value is what a filter keeps.
void apply_scalar(BinaryContext& context, HistogramOperator& histograms, Column& column,
                  std::size_t step, double scalar, bool scalar_is_left) {
  const BinaryOperator op = context.binary.op;
  const bool filters = promql::is_comparison(op) && !context.binary.return_bool;
  if (column.kinds[step] == Point::Kind::number && !promql::is_trim(op)) {
    double& number = column.numbers[step];
    const double result =
        scalar_is_left ? number_result(op, scalar, number) : number_result(op, number, scalar);
    if (!filters) {
      number = result;
    } else if (result == 0) {
      column.clear(step);
    }
    return;
  }
  const Point element = column.at(step);
  const auto outcome = scalar_is_left ? histograms.apply(Point(scalar), element)
                                      : histograms.apply(element, Point(scalar));
  column.set(step, outcome.is_defined ? outcome.value : Point());
}

}  // namespace

double number_result(BinaryOperator op, double left, double right) {
  switch (op) {
    case BinaryOperator::add:
      return left + right;
    case BinaryOperator::subtract:
      return left - right;
    case BinaryOperator::multiply:
      return left * right;
    case BinaryOperator::divide:
      return left / right;
    case BinaryOperator::modulo:
      return std::fmod(left, right);
    case BinaryOperator::power:
      return std::pow(left, right);
    case BinaryOperator::atan2:
      return std::atan2(left, right);
    case BinaryOperator::equal:
      return left == right ? 1 : 0;
    case BinaryOperator::not_equal:
      return left != right ? 1 : 0;
    case BinaryOperator::greater:
      return left > right ? 1 : 0;
    case BinaryOperator::less:
      return left < right ? 1 : 0;
    case BinaryOperator::greater_or_equal:
      return left >= right ? 1 : 0;
    case BinaryOperator::less_or_equal:
      return left <= right ? 1 : 0;
    default:
      break;
  }
  return std::nan("");  // the others are not for two numbers: the parser refuses them for scalars
}

bool is_arithmetic(BinaryOperator op) {
  return !promql::is_comparison(op) && !promql::is_set_operator(op) && !promql::is_trim(op);
}

HistogramOperator::Outcome HistogramOperator::incompatible(const Point& left, const Point& right) {
  const auto bit =
      static_cast<std::uint8_t>(1U << (left.kind == Point::Kind::histogram ? 1U : 0U)
                                   << (right.kind == Point::Kind::histogram ? 2U : 0U));
  if ((noted_ & bit) == 0) {
    noted_ |= bit;
    const std::string_view op = promql::text(context_.binary.op);
    context_.annotations.add(
        Annotations::Severity::info,
        fmt::format("PromQL info: incompatible sample types encountered for binary operator "
                    "\"{}\": {} {} {}",
                    op, kind_name(left), op, kind_name(right)),
        context_.position);
  }
  return {};
}

HistogramOperator::Outcome HistogramOperator::combine(const NativeHistogram& left,
                                                      const NativeHistogram& right) {
  const bool adds = context_.binary.op == BinaryOperator::add;
  auto combined = adds ? add(left, right) : subtract(left, right);
  if (!combined) {
    context_.annotations.add(
        Annotations::Severity::warning,
        fmt::format("PromQL warning: incompatible bucket layout encountered for binary operator {}",
                    promql::text(context_.binary.op)),
        context_.position);
    return {};
  }
  const std::string_view operation = adds ? "addition" : "subtraction";
  if (combined->reset_collision) {
    context_.annotations.add(
        Annotations::Severity::warning,
        fmt::format("PromQL warning: conflicting counter resets during histogram {}", operation),
        context_.position);
  }
  if (combined->bounds_reconciled) {
    context_.annotations.add(
        Annotations::Severity::info,
        fmt::format("PromQL info: mismatched custom buckets were reconciled during {}", operation),
        context_.position);
  }
  if (!adds) combined->histogram.hint = NativeHistogram::ResetHint::gauge;
  return {.is_defined = true, .value = owned(std::move(combined->histogram))};
}

/// A histogram op number.
HistogramOperator::Outcome HistogramOperator::apply_number(const Point& left, const Point& right) {
  NativeHistogram changed = *left.histogram;
  switch (context_.binary.op) {
    case BinaryOperator::multiply:
      scale(changed, right.number);
      break;
    case BinaryOperator::divide:
      divide(changed, right.number);
      break;
    case BinaryOperator::trim_upper:
      slod::trim_upper(changed, right.number);
      break;
    case BinaryOperator::trim_lower:
      slod::trim_lower(changed, right.number);
      break;
    default:
      return incompatible(left, right);
  }
  return {.is_defined = true, .value = owned(std::move(changed))};
}

HistogramOperator::Outcome HistogramOperator::apply(const Point& left, const Point& right) {
  const BinaryOperator op = context_.binary.op;
  if (left.kind == Point::Kind::number) {
    if (right.kind == Point::Kind::number || op != BinaryOperator::multiply)
      return incompatible(left, right);
    NativeHistogram scaled = *right.histogram;
    scale(scaled, left.number);
    return {.is_defined = true, .value = owned(std::move(scaled))};
  }
  if (right.kind == Point::Kind::number) {
    return apply_number(left, right);
  }
  switch (op) {
    case BinaryOperator::add:
    case BinaryOperator::subtract:
      return combine(*left.histogram, *right.histogram);
    case BinaryOperator::equal:
    case BinaryOperator::not_equal: {
      const bool is_equal = equals(*left.histogram, *right.histogram);
      return {
          .is_defined = true, .holds = is_equal == (op == BinaryOperator::equal), .value = left};
    }
    default:
      return incompatible(left, right);
  }
}

bool apply(BinaryContext& context, HistogramOperator& histograms, const Column& left,
           const Column& right, Column& out, std::size_t step) {
  const BinaryOperator op = context.binary.op;
  const bool filters = promql::is_comparison(op) && !context.binary.return_bool;
  const bool are_numbers =
      left.kinds[step] == Point::Kind::number && right.kinds[step] == Point::Kind::number;
  if (are_numbers && !promql::is_trim(op)) {
    const double result = number_result(op, left.numbers[step], right.numbers[step]);
    if (!filters) {
      out.set(step, result);
    } else if (result != 0) {
      out.set(step, left.numbers[step]);
    }
    return true;
  }
  const auto outcome = histograms.apply(left.at(step), right.at(step));
  if (!outcome.is_defined) return false;
  if (context.binary.return_bool) {
    out.set(step, outcome.holds ? 1.0 : 0.0);
  } else if (outcome.holds) {
    out.set(step, outcome.value);
  }
  return true;
}

ScalarFrame combine(BinaryOperator op, ScalarFrame left, const ScalarFrame& right) {
  for (std::size_t step = 0; step < left.size(); ++step) {
    left[step] = number_result(op, left[step], right[step]);
  }
  return left;
}

std::expected<Frame, Error> combine(Frame vector, const ScalarFrame& scalar, bool scalar_is_left,
                                    BinaryContext& context) {
  HistogramOperator histograms(context);
  for (Column& column : vector) {
    if (auto may_go_on = context.limits.next_series(column.kinds.size()); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (column.kinds[step] == Point::Kind::none) continue;
      apply_scalar(context, histograms, column, step, scalar[step], scalar_is_left);
    }
    if (is_arithmetic(context.binary.op) || context.binary.return_bool) {
      drop_name(column, context.options);
    }
  }
  if (auto merged = merge_same_labels(vector); !merged) return std::unexpected(merged.error());
  return vector;
}

}  // namespace slod::query
