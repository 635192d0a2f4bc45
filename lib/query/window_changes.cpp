#include <cmath>
#include <cstddef>
#include <span>

#include "lib/query/function_tables.h"
#include "lib/query/window_edges.h"
#include "lib/query/window_starts.h"

namespace slod::query {
namespace {

bool differs(const Window& window, std::size_t i) {
  const double before = window.numbers[i - 1];
  const double after = window.numbers[i];
  return before != after && !(std::isnan(before) && std::isnan(after));
}

/// A step from a float to a histogram or back is a change.
Point changes(const Window& all, std::span<const double> /*scalars*/, Context& /*context*/) {
  const Window window = from_anchor(all);
  if (window.times.empty()) return {};
  std::size_t count = 0;
  for (std::size_t i = 1; i < window.times.size(); ++i) {
    const bool is_histogram = window.is_histogram(i);
    if (is_histogram != window.is_histogram(i - 1)) {
      ++count;
    } else if (is_histogram) {
      count += equals(*window.histograms[i], *window.histograms[i - 1]) ? 0 : 1;
    } else {
      count += differs(window, i) ? 1 : 0;
    }
  }
  return Point(static_cast<double>(count));
}

/// A step from a float to a histogram or back is a reset.
Point resets(const Window& all, std::span<const double> /*scalars*/, Context& /*context*/) {
  const Window window = from_anchor(all);
  if (window.times.empty()) return {};
  if (window.resets && window.starts.empty()) return Point(static_cast<double>(*window.resets));
  std::size_t count = 0;
  for (std::size_t i = 1; i < window.times.size(); ++i) {
    const bool is_histogram = window.is_histogram(i);
    if (is_histogram != window.is_histogram(i - 1) || starts_over(window, i)) {
      ++count;
    } else if (is_histogram) {
      count += detect_reset(*window.histograms[i], *window.histograms[i - 1]) ? 1 : 0;
    } else {
      count += window.numbers[i] < window.numbers[i - 1] ? 1 : 0;
    }
  }
  return Point(static_cast<double>(count));
}

}  // namespace

std::vector<NamedWindowFunction> change_functions() {
  return {{"changes", {changes}}, {"resets", {resets}}};
}

}  // namespace slod::query
