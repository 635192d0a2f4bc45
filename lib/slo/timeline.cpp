#include "lib/slo/timeline.h"

#include <algorithm>
#include <cstdint>

namespace slod {

std::vector<TimelineSlice> timeline(const Ledger& ledger, Interval window, std::size_t slices_max) {
  std::vector<TimelineSlice> slices;
  if (window.begin >= window.end) return slices;
  const std::int64_t resolution = ledger.resolution().count();
  const std::int64_t at_least =
      (window.length().count() + static_cast<std::int64_t>(slices_max) - 1) /
      static_cast<std::int64_t>(slices_max);
  const Duration step((at_least + resolution - 1) / resolution * resolution);
  Instant begin = window.begin;
  while (begin < window.end) {
    const Instant next((floor_divided(begin.time_since_epoch(), step) + 1) * step);
    const Interval when{begin, std::min(next, window.end)};
    slices.push_back({when, ledger.over(when)});
    begin = when.end;
  }
  return slices;
}

}  // namespace slod
