#include "lib/query/window_samples.h"

#include <algorithm>

namespace slod::query {

std::size_t histogram_count(const Window& window) {
  return static_cast<std::size_t>(std::ranges::count_if(
      window.histograms, [](const HistogramPtr& sample) { return sample != nullptr; }));
}

Floats::Floats(const Window& window)
    : histograms_(histogram_count(window)), times_(window.times), numbers_(window.numbers) {
  if (histograms_ == 0) return;
  for (std::size_t i = 0; i < window.numbers.size(); ++i) {
    if (window.is_histogram(i)) continue;
    picked_times_.push_back(window.times[i]);
    picked_numbers_.push_back(window.numbers[i]);
  }
  times_ = picked_times_;
  numbers_ = picked_numbers_;
}

}  // namespace slod::query
