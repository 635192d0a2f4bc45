#pragma once

#include <cstddef>

#include "lib/query/functions.h"

/// What the start times of a counter's samples say, where a source knows them. Source: Prometheus
/// 3, promql/functions.go, isStartTimestampReset and checkStartTimeOverlap.
namespace slod::query {

/// Whether sample `i`, not the first, began to count from 0 after the one before. Starts that
/// cannot be, after their sample, say nothing. One that is the time of the sample before is a new
/// beginning only if that one had a start of its own, for else it is the first that was seen.
bool starts_over(const Window& window, std::size_t i);

/// Whether a sample began before the one before it, but not with it.
bool has_overlapping_starts(const Window& window);

/// Whether the first sample began inside the range, at 0.
bool starts_inside(const Window& window);

}  // namespace slod::query
