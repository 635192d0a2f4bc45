#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/engine/slo_table.h"
#include "lib/series/recent_samples.h"
#include "lib/series/sample_source.h"
#include "lib/slo/definition.h"
#include "lib/slo/sli/slice_value.h"
#include "lib/time/instant.h"

namespace slod {

/// Slices of one SLO that are to be evaluated.
struct DueSlices {
  SloHandle slo;
  std::shared_ptr<const SloDefinition> definition;
  std::vector<Interval> slices;  ///< ascending, not empty
};

/// What they came to.
struct JudgedSlices {
  SloHandle slo;
  std::vector<std::pair<Interval, SliceValue>> values;  ///< ascending
  std::string error = {};                               ///< what the evaluation threw; else empty
};

/// The evaluation of slices of one SLO, with all the samples that it needs. It may run on any
/// thread.
class SliceJob {
 public:
  /// Notes the samples that the expressions of the SLO look at in its slices. `memory_left` as in
  /// query::Options.
  SliceJob(DueSlices due, const RecentSamples& samples, std::stop_token stop,
           std::function<std::size_t()> memory_left);

  /// The expressions are evaluated at the end of each slice. Ends early when it is asked to stop.
  JudgedSlices run() const;
  /// Where run() threw `error`: all slices are missing.
  JudgedSlices failed(std::string error) const;

 private:
  DueSlices due_;
  std::shared_ptr<const SampleSource> source_;
  std::stop_token stop_;
  std::function<std::size_t()> memory_left_;
};

}  // namespace slod
