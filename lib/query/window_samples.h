#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/query/functions.h"

namespace slod::query {

/// How many samples of the window are histograms.
std::size_t histogram_count(const Window& window);

/// The floats of a window. Copies only where histograms stand between them. The window must outlive
/// this.
class Floats {
 public:
  explicit Floats(const Window& window);
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;

  std::span<const Instant> times() const { return times_; }
  std::span<const double> numbers() const { return numbers_; }
  std::size_t size() const { return numbers_.size(); }
  std::size_t histograms() const { return histograms_; }

 private:
  std::size_t histograms_;
  std::vector<Instant> picked_times_;
  std::vector<double> picked_numbers_;
  std::span<const Instant> times_;
  std::span<const double> numbers_;
};

}  // namespace slod::query
