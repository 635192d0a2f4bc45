#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "lib/query/functions.h"
#include "lib/query/label_choice.h"

/// What functions of instant vectors have in common.
namespace slod::query {

/// The argument at `index` as an instant vector, moved out. It is one: the types were checked when
/// the query was parsed.
inline Frame take_frame(std::vector<Argument>& arguments, std::size_t index) {
  return std::move(std::get<Frame>(arguments[index]));
}

inline const ScalarFrame& scalar_at(const std::vector<Argument>& arguments, std::size_t index) {
  return std::get<ScalarFrame>(arguments[index]);
}

inline const std::string& text_at(const std::vector<Argument>& arguments, std::size_t index) {
  return std::get<std::string>(arguments[index]);
}

/// Takes the names off and makes one column of those that are the same then.
inline std::expected<Frame, Error> without_names(Frame frame, const Context& context) {
  for (Column& column : frame) drop_name(column, context.options);
  if (auto merged = merge_same_labels(frame); !merged) return std::unexpected(merged.error());
  return frame;
}

/// Each float becomes `compute(number, step)`, which is nullopt for no value; histograms go.
template <typename Compute>
std::expected<Frame, Error> map_floats(Frame frame, const Context& context, Compute compute) {
  for (Column& column : frame) {
    if (auto may_go_on = context.limits.next_series(column.kinds.size()); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    column.histograms.clear();
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (column.kinds[step] != Point::Kind::number) {
        column.clear(step);
        continue;
      }
      const std::optional<double> value = compute(column.numbers[step], step);
      if (value) {
        column.numbers[step] = *value;
      } else {
        column.clear(step);
      }
    }
  }
  return without_names(std::move(frame), context);
}

/// The result of a function whose value is a scalar: `compute(step)` at each step.
template <typename Compute>
Frame scalar_result(const Steps& steps, Compute compute) {
  Column column(Labels{}, steps.count);
  for (std::size_t step = 0; step < steps.count; ++step) column.set(step, compute(step));
  Frame frame;
  frame.push_back(std::move(column));
  return frame;
}

}  // namespace slod::query
