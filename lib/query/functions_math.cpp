#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include "lib/query/extremes.h"
#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;

template <auto compute>
FrameResult each(Arguments& arguments, Context& context) {
  return map_floats(take_frame(arguments, 0), context,
                    [](double value, std::size_t) { return compute(value); });
}

double degrees(double radians) {
  return radians * 180 / std::numbers::pi;
}
double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}
/// NaN has no sign and stays NaN.
double sign(double value) {
  return value < 0 ? -1 : value > 0 ? 1 : value;
}

template <double (*function)(double)>
double plain(double value) {
  return function(value);
}

/// Halves are rounded up. `to` is inverted first, for multiples of 0.1 then come out exact.
FrameResult round(Arguments& arguments, Context& context) {
  const ScalarFrame* to = arguments.size() > 1 ? &scalar_at(arguments, 1) : nullptr;
  return map_floats(take_frame(arguments, 0), context, [&](double value, std::size_t step) {
    const double inverse = to == nullptr ? 1.0 : 1.0 / (*to)[step];
    return std::floor(value * inverse + 0.5) / inverse;
  });
}

/// No value at a step where the bounds are the wrong way round.
FrameResult clamp(Arguments& arguments, Context& context) {
  const ScalarFrame& low = scalar_at(arguments, 1);
  const ScalarFrame& high = scalar_at(arguments, 2);
  return map_floats(take_frame(arguments, 0), context,
                    [&](double value, std::size_t step) -> std::optional<double> {
                      if (high[step] < low[step]) return std::nullopt;
                      return maximum(low[step], minimum(high[step], value));
                    });
}

FrameResult clamp_min(Arguments& arguments, Context& context) {
  const ScalarFrame& low = scalar_at(arguments, 1);
  return map_floats(take_frame(arguments, 0), context,
                    [&](double value, std::size_t step) { return maximum(low[step], value); });
}

FrameResult clamp_max(Arguments& arguments, Context& context) {
  const ScalarFrame& high = scalar_at(arguments, 1);
  return map_floats(take_frame(arguments, 0), context,
                    [&](double value, std::size_t step) { return minimum(high[step], value); });
}

}  // namespace

std::vector<NamedFrameFunction> math_functions() {
  return {{"abs", each<plain<std::abs>>},
          {"ceil", each<plain<std::ceil>>},
          {"floor", each<plain<std::floor>>},
          {"sqrt", each<plain<std::sqrt>>},
          {"exp", each<plain<std::exp>>},
          {"ln", each<plain<std::log>>},
          {"log2", each<plain<std::log2>>},
          {"log10", each<plain<std::log10>>},
          {"sgn", each<sign>},
          {"deg", each<degrees>},
          {"rad", each<radians>},
          {"sin", each<plain<std::sin>>},
          {"cos", each<plain<std::cos>>},
          {"tan", each<plain<std::tan>>},
          {"asin", each<plain<std::asin>>},
          {"acos", each<plain<std::acos>>},
          {"atan", each<plain<std::atan>>},
          {"sinh", each<plain<std::sinh>>},
          {"cosh", each<plain<std::cosh>>},
          {"tanh", each<plain<std::tanh>>},
          {"asinh", each<plain<std::asinh>>},
          {"acosh", each<plain<std::acosh>>},
          {"atanh", each<plain<std::atanh>>},
          {"round", round},
          {"clamp", clamp},
          {"clamp_min", clamp_min},
          {"clamp_max", clamp_max}};
}

}  // namespace slod::query
