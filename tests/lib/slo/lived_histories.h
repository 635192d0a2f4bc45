#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/slo/events.h"
#include "lib/time/instant.h"

namespace slod {

/// Thirty days of a service as they are lived, read by read: what an exact machine knows.
inline constexpr Duration read_interval = std::chrono::seconds(15);
inline constexpr int reads_a_day = 86'400 / 15;
inline constexpr int reads_lived = 30 * reads_a_day;

struct LivedHistory {
  std::string name;
  /// The events of each read, whole numbers: those since the read before.
  std::vector<Events> reads;
};

/// Rare bursts, a daily curve of traffic with a steady share of errors, incidents of hours, many
/// small bursts, long silence, little traffic, and all of it together.
std::vector<LivedHistory> lived_histories(std::uint32_t seed);

/// Sums over reads, for any stretch of them.
class ExactSums {
 public:
  explicit ExactSums(const std::vector<Events>& reads);
  /// The events of the first `count` reads; none below zero.
  Events until(int count) const;
  /// Those of the reads in [from, to).
  Events between(int from, int to) const;

 private:
  std::vector<Events> sums_;
};

}  // namespace slod
