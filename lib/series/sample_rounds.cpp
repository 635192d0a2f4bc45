#include "lib/series/sample_rounds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace slod {

void SampleRounds::append(std::vector<LabelledSample> round, Instant at) {
  std::vector<Known> now;
  std::vector<std::uint32_t> written;
  now.reserve(round.size());
  written.reserve(round.size());
  for (std::size_t i = 0; i < round.size(); ++i) {
    auto& [labels, value] = round[i];
    const bool is_known =
        i < last_.size() && last_[i].labels == labels && samples_.knows(last_[i].series);
    const SampleSeries series = is_known ? last_[i].series : samples_.series(labels);
    samples_.append(series, at, value);
    written.push_back(series.index);
    now.push_back({std::move(labels), series});
  }
  std::ranges::sort(written);
  for (const Known& known : last_) {
    if (!std::ranges::binary_search(written, known.series.index)) samples_.end(known.series, at);
  }
  last_ = std::move(now);
}

}  // namespace slod
