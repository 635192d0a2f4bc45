#include "lib/query/functions.h"

#include <cstddef>
#include <iterator>
#include <set>
#include <unordered_map>
#include <utility>

#include "lib/query/function_tables.h"

namespace slod::query {
namespace {

std::unordered_map<std::string_view, WindowFunctionEntry> window_table() {
  std::unordered_map<std::string_view, WindowFunctionEntry> table;
  for (auto* group : {rate_functions, change_functions, trend_functions, over_time_functions}) {
    for (auto& function : group()) table.emplace(function.name, std::move(function.entry));
  }
  return table;
}

std::unordered_map<std::string_view, FrameFunction> frame_table() {
  std::unordered_map<std::string_view, FrameFunction> table;
  for (auto* group : {math_functions, scalar_functions, time_functions, label_functions,
                      sort_functions, histogram_functions, histogram_quantile_functions}) {
    for (auto& function : group()) table.emplace(function.name, std::move(function.function));
  }
  return table;
}

/// The labels of an absent series: those of its equality matchers. A label with more than one
/// matcher is left out. Source: Prometheus 3, createLabelsForAbsentFunction.
Labels absent_labels(const promql::Expr& argument) {
  if (const auto* paren = std::get_if<promql::Paren>(&argument.node)) {
    return absent_labels(*paren->expr);
  }
  const auto* selector = std::get_if<promql::VectorSelector>(&argument.node);
  if (const auto* matrix = std::get_if<promql::MatrixSelector>(&argument.node)) {
    selector = &matrix->selector;
  }
  Labels labels;
  if (selector == nullptr) return labels;
  std::set<std::string_view> equal;
  for (const auto& matcher : selector->matchers) {
    if (matcher.label() == "__name__") continue;
    const bool is_first_equality = matcher.operation() == promql::Matcher::Operation::equal &&
                                   equal.insert(matcher.label()).second;
    labels.set(matcher.label(), is_first_equality ? matcher.value() : std::string());
  }
  return labels;
}

}  // namespace

const WindowFunctionEntry* window_function(std::string_view name) {
  static const auto table = window_table();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

const FrameFunction* frame_function(std::string_view name) {
  static const auto table = frame_table();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

Frame absent(const Frame& values, const promql::Expr& argument, const Steps& steps) {
  Column column(absent_labels(argument), steps.count);
  for (std::size_t step = 0; step < steps.count; ++step) {
    bool is_present = false;
    for (const Column& value : values) {
      if (value.kinds[step] == Point::Kind::none) continue;
      is_present = true;
      break;
    }
    if (!is_present) column.set(step, 1.0);
  }
  Frame result;
  if (!column.is_empty()) result.push_back(std::move(column));
  return result;
}

void drop_name(Column& column, const Options& options) {
  if (options.delayed_name_removal) {
    column.drops_name = true;
  } else {
    column.labels.set("__name__", "");
  }
}

}  // namespace slod::query
