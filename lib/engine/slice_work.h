#pragma once

#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "lib/series/recent_samples.h"
#include "lib/series/sample_source.h"
#include "lib/slo/definition.h"
#include "lib/slo/sli/slice_value.h"
#include "lib/time/instant.h"

namespace slod {

/// Slices of one SLO to be evaluated, and the samples for it.
struct SliceWork {
  SloDefinition definition;
  std::vector<Interval> slices;  ///< ascending, not empty
  std::shared_ptr<const SampleSource> source;
};

/// Notes the samples that the expressions of an SLO look at in `slices`.
SliceWork slice_work(const SloDefinition& definition, std::vector<Interval> slices,
                     const RecentSamples& samples);

/// What each slice came to, in their order: the expressions are evaluated at its end. Ends early
/// where it is asked to stop.
std::vector<std::pair<Interval, SliceValue>> evaluate(const SliceWork& work,
                                                      const std::stop_token& stop);

}  // namespace slod
