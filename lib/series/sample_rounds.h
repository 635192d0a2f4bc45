#pragma once

#include <vector>

#include "lib/series/labels.h"
#include "lib/series/recent_samples.h"
#include "lib/time/instant.h"

namespace slod {

/// A value and whose it is.
struct LabelledSample {
  Labels labels;  ///< with __name__
  double value = 0;

  bool operator==(const LabelledSample&) const = default;
};

/// Series that one writer appends to round by round: one that a round leaves out ends there.
/// Not thread-safe.
class SampleRounds {
 public:
  explicit SampleRounds(RecentSamples& samples) : samples_(samples) {}

  /// `at` is after the last round. A round that has its series in the order of the last one is
  /// quicker. Of a series that comes twice in a round the first sample counts.
  void append(std::vector<LabelledSample> round, Instant at);

 private:
  struct Known {
    Labels labels;
    SampleSeries series;
  };

  RecentSamples& samples_;
  std::vector<Known> last_;
};

}  // namespace slod
