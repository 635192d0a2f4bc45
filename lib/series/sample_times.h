#pragma once

#include <optional>

#include "lib/series/sample_batch.h"
#include "lib/series/source_clock.h"
#include "lib/time/instant.h"

namespace slod {

/// All samples become those of the time of the batch.
void ignore_timestamps(SampleBatch& batch);

/// What the timestamps of a batch say that was read by `received`; nullopt: it has none. A few that
/// are far ahead of the others are left out.
std::optional<StampedTimes> stamped_times(const SampleBatch& batch, Instant received);

/// The newest of them.
std::optional<Instant> newest_timestamp(const SampleBatch& batch);

/// Takes the skew of the source's clock off its timestamps. What is still after `received`, by no
/// more than SourceClock::removed_most, cannot be later than that, and becomes of that time.
void remove_skew(SampleBatch& batch, Duration skew, Instant received);

}  // namespace slod
