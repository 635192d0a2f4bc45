#pragma once

#include "lib/series/sample_batch.h"

namespace slod {

/// All samples become those of the time of the batch.
void ignore_timestamps(SampleBatch& batch);

}  // namespace slod
