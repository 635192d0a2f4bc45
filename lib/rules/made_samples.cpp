#include "lib/rules/made_samples.h"

#include "lib/series/recent_samples.h"

namespace slod::rules {

std::vector<SampleRun> MadeSamples::select(std::span<const promql::Matcher> matchers,
                                           Interval range,
                                           const IsUnwanted& /*is_unwanted*/) const {
  std::vector<SampleRun> runs;
  for (const auto& [labels, sample] : series_) {
    if (sample.at <= range.begin || sample.at > range.end || !satisfies(labels, matchers)) continue;
    runs.push_back(
        {.labels = labels, .times = {sample.at}, .values = {sample.value}, .histograms = {}});
  }
  return runs;
}

std::vector<Labels> MadeSamples::series(std::span<const promql::Matcher> matchers, Interval range,
                                        const IsUnwanted& /*is_unwanted*/) const {
  std::vector<Labels> found;
  for (const auto& [labels, sample] : series_) {
    if (sample.at < range.begin || sample.at > range.end || !satisfies(labels, matchers)) continue;
    found.push_back(labels);
  }
  return found;
}

}  // namespace slod::rules
