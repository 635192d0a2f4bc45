#pragma once

#include <cstddef>
#include <vector>

#include "lib/slo/ledger.h"
#include "lib/time/instant.h"

namespace slod {

/// What happened in one stretch of a window.
struct TimelineSlice {
  Interval when;
  Tally tally;
};

/// The window cut at multiples of one length since the epoch: the shortest that is a multiple of
/// the ledger's resolution and makes at most `slices_max` + 1 slices, of which the first and the
/// last may be shorter. So the slices stay where they are while the window moves on. Their events
/// add up to those of the window. slices_max > 0; empty for an empty window.
std::vector<TimelineSlice> timeline(const Ledger& ledger, Interval window, std::size_t slices_max);

}  // namespace slod
