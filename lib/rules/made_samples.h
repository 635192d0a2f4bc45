#pragma once

#include <map>
#include <span>
#include <vector>

#include "lib/rules/evaluation.h"
#include "lib/series/sample_source.h"

namespace slod::rules {

/// The samples that the rules of a group made so far, for those that follow. Not thread-safe.
class MadeSamples : public SampleSource {
 public:
  void add(const RuleSample& sample) { series_[sample.labels] = sample; }

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override;
  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& is_unwanted) const override;

 private:
  std::map<Labels, RuleSample> series_;
};

}  // namespace slod::rules
