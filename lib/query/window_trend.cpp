#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "lib/query/annotate.h"
#include "lib/query/function_tables.h"
#include "lib/query/window_samples.h"
#include "lib/sketch/native_histogram_parts.h"

namespace slod::query {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// value = intercept + slope * seconds since the time that the line was asked for.
struct Line {
  double slope = 0;
  double intercept = 0;
};

/// The line with the least squares of distances. A constant is a line without slope, whatever its
/// rounding; an infinite constant has none.
Line line_through(const Floats& floats, Instant origin) {
  CompensatedSum x_sum;
  CompensatedSum y_sum;
  CompensatedSum xy_sum;
  CompensatedSum x2_sum;
  bool is_constant = true;
  const double first = floats.numbers().front();
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const double x = seconds(floats.times()[i] - origin);
    const double y = floats.numbers()[i];
    if (i > 0 && y != first) is_constant = false;
    x_sum.add(x);
    y_sum.add(y);
    xy_sum.add(x * y);
    x2_sum.add(x * x);
  }
  if (is_constant) return std::isinf(first) ? Line{nan, nan} : Line{0, first};
  const auto n = static_cast<double>(floats.size());
  const double x = x_sum.total();
  const double y = y_sum.total();
  const double covariance = xy_sum.total() - x * y / n;
  const double variance = x2_sum.total() - x * x / n;
  const double slope = covariance / variance;
  return {slope, y / n - slope * x / n};
}

/// Whether there are enough floats for a line; histograms beside them are annotated.
bool has_line(const Window& window, const Floats& floats, Context& context) {
  if (floats.size() > 0 && floats.histograms() > 0) {
    annotate::histograms_ignored(context, window.metric);
  }
  return floats.size() >= 2;
}

Point deriv(const Window& window, std::span<const double> /*scalars*/, Context& context) {
  const Floats floats(window);
  if (!has_line(window, floats, context)) return {};
  // The origin does not matter for the slope; near the samples the rounding is least.
  return Point(line_through(floats, floats.times().front()).slope);
}

Point predict_linear(const Window& window, std::span<const double> scalars, Context& context) {
  const Floats floats(window);
  if (!has_line(window, floats, context)) return {};
  const Line line = line_through(floats, window.at);
  return Point(line.slope * scalars[0] + line.intercept);
}

/// Whether a factor is between 0 and 1; if not, the query ends.
bool check_factor(std::string_view name, std::string_view letters, double factor,
                  Context& context) {
  if (factor > 0 && factor < 1) return true;
  context.failure =
      fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {:f}", name, letters, factor);
  return false;
}

/// Holt's method: a level and a trend, each smoothed by its factor. Source: Prometheus 3,
/// funcDoubleExponentialSmoothing.
Point double_exponential_smoothing(const Window& window, std::span<const double> scalars,
                                   Context& context) {
  const double level_factor = scalars[0];
  const double trend_factor = scalars[1];
  if (!check_factor("smoothing", "sf", level_factor, context) ||
      !check_factor("trend", "tf", trend_factor, context)) {
    return {};
  }
  const Floats floats(window);
  if (!has_line(window, floats, context)) return {};
  const auto numbers = floats.numbers();
  double before = 0;
  double level = numbers[0];
  double trend = numbers[1] - numbers[0];
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    // The first trend is given, later ones follow from the two levels before.
    if (i > 1) trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
    before = level;
    level = level_factor * numbers[i] + (1 - level_factor) * (before + trend);
  }
  return Point(level);
}

}  // namespace

std::vector<NamedWindowFunction> trend_functions() {
  return {{"deriv", {deriv}},
          {"predict_linear", {predict_linear}},
          {"double_exponential_smoothing", {double_exponential_smoothing}}};
}

}  // namespace slod::query
