#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include "lib/query/extremes.h"
#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;

/// The one float there is at a step; NaN for none and for more than one.
FrameResult scalar(Arguments& arguments, Context& context) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Frame frame = take_frame(arguments, 0);
  return scalar_result(context.steps, [&](std::size_t step) {
    const Column* only = nullptr;
    for (const Column& column : frame) {
      if (column.kinds[step] != Point::Kind::number) continue;
      if (only != nullptr) return nan;
      only = &column;
    }
    return only == nullptr ? nan : only->numbers[step];
  });
}

FrameResult vector(Arguments& arguments, Context& context) {
  const ScalarFrame& values = scalar_at(arguments, 0);
  return scalar_result(context.steps, [&](std::size_t step) { return values[step]; });
}

FrameResult pi(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps, [](std::size_t) { return std::numbers::pi; });
}

FrameResult min_of(Arguments& arguments, Context& context) {
  const ScalarFrame& one = scalar_at(arguments, 0);
  const ScalarFrame& other = scalar_at(arguments, 1);
  return scalar_result(context.steps,
                       [&](std::size_t step) { return minimum(one[step], other[step]); });
}

FrameResult max_of(Arguments& arguments, Context& context) {
  const ScalarFrame& one = scalar_at(arguments, 0);
  const ScalarFrame& other = scalar_at(arguments, 1);
  return scalar_result(context.steps,
                       [&](std::size_t step) { return maximum(one[step], other[step]); });
}

Instant query_end(const Context& context) {
  const Steps& query = context.query;
  return context.query_end.value_or(query.at(query.count == 0 ? 0 : query.count - 1));
}

FrameResult start(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps,
                       [&](std::size_t) { return unix_seconds(context.query.start); });
}

FrameResult end(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps,
                       [&](std::size_t) { return unix_seconds(query_end(context)); });
}

FrameResult step(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps, [&](std::size_t) { return seconds(context.query.step); });
}

FrameResult whole_range(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps, [&](std::size_t) {
    return seconds(query_end(context) - context.query.start);
  });
}

}  // namespace

std::vector<NamedFrameFunction> scalar_functions() {
  return {{"scalar", scalar}, {"vector", vector}, {"pi", pi},
          {"min_of", min_of}, {"max_of", max_of}, {"start", start},
          {"end", end},       {"step", step},     {"range", whole_range}};
}

}  // namespace slod::query
