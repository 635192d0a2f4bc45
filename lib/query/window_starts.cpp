#include "lib/query/window_starts.h"

namespace slod::query {

bool starts_over(const Window& window, std::size_t i) {
  if (window.starts.empty()) return false;
  const Instant start = window.starts[i];
  const Instant previous = window.times[i - 1];
  if (start == no_start || start >= window.times[i] || start < previous) return false;
  if (start > previous) return true;
  return window.starts[i - 1] != no_start && window.starts[i - 1] < previous;
}

bool has_overlapping_starts(const Window& window) {
  for (std::size_t i = 1; i < window.starts.size(); ++i) {
    const Instant start = window.starts[i];
    if (start != no_start && start < window.times[i - 1] && start != window.starts[i - 1]) {
      return true;
    }
  }
  return false;
}

bool starts_inside(const Window& window) {
  if (window.starts.empty()) return false;
  const Instant start = window.starts.front();
  return start != no_start && start > window.range.begin && start < window.times.front();
}

}  // namespace slod::query
