#pragma once

#include <cstdint>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// One snapshot of a ledger, as the store keeps it: everything counted since the ledger began, up
/// to `at`. Times are cumulative in hundredths of a second and wrap after 497 days, which the
/// difference of two snapshots survives.
struct LedgerRow {
  Instant at;
  double total = 0;
  double bad = 0;
  std::uint32_t measured_cs = 0;
  std::uint32_t unknown_cs = 0;

  bool operator==(const LedgerRow&) const = default;
};

/// One snapshot of a latency SLO's buckets: cumulative in time, and cumulative over the bounds.
struct BucketRow {
  Instant at;
  std::vector<double> counts;

  bool operator==(const BucketRow&) const = default;
};

}  // namespace slod
