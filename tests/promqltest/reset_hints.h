#pragma once

#include "lib/sketch/native_histogram.h"

namespace slod::promqltest {

/// What Prometheus's storage tells of a series's resets: it keeps histograms in chunks without a
/// reset inside, and knows of all but the first of a chunk that they go on from the one before.
class ResetHints {
 public:
  /// The next sample of the series as the storage gives it back.
  HistogramPtr next(const HistogramPtr& sample);
  /// A float, or a stale marker, ends the chunk.
  void interrupt() { in_chunk_ = false; }

 private:
  bool goes_on(const NativeHistogram& sample) const;

  bool in_chunk_ = false;
  NativeHistogram last_;
};

}  // namespace slod::promqltest
