#pragma once

#include "lib/slo/bucket_counts.h"
#include "lib/slo/sli/demanded.h"

namespace slod {

/// What the series of one read counted over one interval, by what they are to the SLO, until the
/// SLI makes events of it.
struct PendingCounts {
  double total = 0;
  double good = 0;
  double bad = 0;
  BucketCounts buckets;

  /// Adds the events of one series; of a value, nothing. `le` matters to Role::bucket only, where
  /// `events` is the increase of that cumulative bucket.
  void add(Role role, double le, double events);
};

}  // namespace slod
