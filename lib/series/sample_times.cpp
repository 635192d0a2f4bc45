#include "lib/series/sample_times.h"

namespace slod {

void ignore_timestamps(SampleBatch& batch) {
  for (BatchSample& sample : batch.samples) {
    sample.has_timestamp = false;
    sample.at = batch.at;
  }
}

}  // namespace slod
