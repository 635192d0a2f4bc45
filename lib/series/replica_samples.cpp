#include "lib/series/replica_samples.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace slod {
namespace {

bool says_more(const BatchSample& sample, const BatchSample& other) {
  const bool has_ended = is_stale_marker(sample.value);
  if (has_ended != is_stale_marker(other.value)) return !has_ended;
  return sample.at > other.at;
}

}  // namespace

std::size_t keep_newest(SampleBatch& batch, std::size_t series) {
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> place(series, none);  // of each series among the samples kept
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch.samples.size(); ++i) {
    const BatchSample sample = batch.samples[i];
    std::uint32_t& known = place[sample.series];
    if (known != none && !says_more(sample, batch.samples[known])) continue;
    const bool is_new = known == none;
    if (is_new) known = static_cast<std::uint32_t>(kept++);
    batch.samples[known] = sample;
    if (!batch.histograms.empty()) batch.histograms[known] = std::move(batch.histograms[i]);
  }
  const std::size_t dropped = batch.samples.size() - kept;
  batch.samples.resize(kept);
  if (!batch.histograms.empty()) batch.histograms.resize(kept);
  return dropped;
}

}  // namespace slod
