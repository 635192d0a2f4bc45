#pragma once

#include "lib/slo/bucket_counts.h"
#include "lib/time/instant.h"

namespace slod {

/// What was counted in one slice of time of which at least half was read.
struct SliceCounts {
  BucketCounts events;
  /// The time in which they came: read, or recovered after a gap. Above zero. Can differ from the
  /// slice by a read's interval, as a read counts in the slice in which it ends.
  double known_seconds = 0;
};

/// `idle`: read, and nothing happened that could be judged. `missing`: less than half of the slice
/// could be read.
enum class SliceOutcome { good, bad, idle, missing };

}  // namespace slod
