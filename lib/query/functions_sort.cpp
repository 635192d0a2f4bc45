#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "lib/query/annotate.h"
#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"
#include "lib/query/natural_order.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;

/// Only an instant query has an order: a matrix is sorted by labels whatever its columns' order.
bool has_order(const Context& context) {
  return context.steps.count == 1;
}

void remark_on_range(Context& context) {
  if (context.query.count > 1) annotate::sort_is_ineffective(context);
}

/// By value, NaN last in both directions, and by labels among equals. Histograms go.
template <bool descending>
FrameResult sort(Arguments& arguments, Context& context) {
  Frame frame = take_frame(arguments, 0);
  remark_on_range(context);
  for (Column& column : frame) {
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (column.kinds[step] == Point::Kind::histogram) column.clear(step);
    }
    column.histograms.clear();
  }
  std::erase_if(frame, [](const Column& column) { return column.is_empty(); });
  if (!has_order(context)) return frame;
  const auto before = [](const Column& one, const Column& other) {
    const double a = one.numbers[0];
    const double b = other.numbers[0];
    if (std::isnan(a) != std::isnan(b)) return std::isnan(b);
    if (a == b || std::isnan(a)) return one.labels < other.labels;
    return descending ? a > b : a < b;
  };
  if (auto sorted = sort_within(context.limits, frame, before); !sorted) {
    return std::unexpected(sorted.error());
  }
  return frame;
}

/// By the labels named, in natural order, then by all labels.
template <bool descending>
FrameResult sort_by_label(Arguments& arguments, Context& context) {
  Frame frame = take_frame(arguments, 0);
  remark_on_range(context);
  if (!has_order(context)) return frame;
  const auto before = [&](const Column& one, const Column& other) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      const std::string& label = text_at(arguments, i);
      const auto order = natural_order(one.labels.get(label), other.labels.get(label));
      if (order != 0) return order < 0;
    }
    return one.labels < other.labels;
  };
  auto sorted = sort_within(context.limits, frame, [&](const Column& one, const Column& other) {
    return descending ? before(other, one) : before(one, other);
  });
  if (!sorted) return std::unexpected(sorted.error());
  return frame;
}

}  // namespace

std::vector<NamedFrameFunction> sort_functions() {
  return {{"sort", sort<false>},
          {"sort_desc", sort<true>},
          {"sort_by_label", sort_by_label<false>},
          {"sort_by_label_desc", sort_by_label<true>}};
}

}  // namespace slod::query
