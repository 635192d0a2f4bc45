#pragma once

#include "lib/slo/bucket_counts.h"
#include "lib/time/instant.h"

namespace slod {

/// What was counted in one slice of time of which at least half was read.
struct SliceCounts {
  BucketCounts events;
  /// The part of the slice whose events are known: read, or recovered after a gap. Above zero, at
  /// most the slice.
  double known_seconds = 0;
};

/// `idle`: read, and nothing happened that could be judged. `missing`: less than half of the slice
/// could be read.
enum class SliceOutcome { good, bad, idle, missing };

}  // namespace slod
