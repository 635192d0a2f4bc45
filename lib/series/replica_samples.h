#pragma once

#include <cstddef>

#include "lib/series/sample_batch.h"

namespace slod {

/// Keeps the newest sample of each series, and the first of those that are equally new: the
/// replicas of a series on one page are one series, of which the one that is ahead says most. A
/// stale marker says only that a replica has ended, and gives way to any sample. Indices of series
/// are below `series`. Returns how many samples were dropped.
std::size_t keep_newest(SampleBatch& batch, std::size_t series);

}  // namespace slod
