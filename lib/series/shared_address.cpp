#include "lib/series/shared_address.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace slod {
namespace {

constexpr double far_kept = 0.9;

bool fell_far(const SharedAddress::Reading& reading) {
  return reading.value < far_kept * reading.before;
}

}  // namespace

std::vector<TakenBackEvents> SharedAddress::note(std::span<const Reading> readings,
                                                 std::vector<Observation>& observations,
                                                 double most_plausible, double rate_per_second,
                                                 Instant now) {
  since_noted_ = now - std::exchange(last_, now);
  forget_old(now);
  bool is_implausible = false;
  bool moved = false;
  for (const Reading& reading : readings) {
    is_implausible = is_implausible || std::abs(reading.value - reading.before) > most_plausible;
    moved = moved || fell_far(reading);
  }
  moved = moved || is_implausible;
  std::vector<TakenBackEvents> taken_back;
  const auto place = place_of(readings, rate_per_second, now);
  const bool returned = place != places_.end();
  if (returned) {
    changes_.push_back(now);
    const bool is_certain = is_implausible || changes_.size() > 1;
    take_back(*place, readings, observations, is_certain);
    places_.erase(place);
    if (is_certain) taken_back = std::exchange(pending_, {});
  }
  if (moved || returned) leave(readings, observations, returned, now);
  return taken_back;
}

std::vector<SharedAddress::Place>::iterator SharedAddress::place_of(
    std::span<const Reading> readings, double rate_per_second, Instant now) {
  constexpr double rate_factor = 2;
  for (auto place = places_.end(); place != places_.begin();) {
    --place;
    const double elapsed = seconds(now - place->at + since_noted_);
    if (stand_at(*place, readings, rate_factor * rate_per_second * elapsed)) return place;
  }
  return places_.end();
}

/// Whether the counters stand where they stood before they left, and far from where they were in
/// the batch before.
bool SharedAddress::stand_at(const Place& place, std::span<const Reading> readings,
                             double allowance) {
  constexpr double counted_least = 100;
  constexpr double least_allowance = 10;
  constexpr double growth = 0.03;
  constexpr double nearer = 0.1;
  double left = 0;
  double from_left = 0;
  double from_before = 0;
  for (const Reading& reading : readings) {
    const auto known = place.counters.find(reading.series);
    if (known == place.counters.end()) continue;
    const double value = known->second.value;
    const double rise = reading.value - value;
    if (rise < 0 || rise > growth * value + std::max(least_allowance, allowance)) return false;
    left += value;
    from_left += rise;
    from_before += std::abs(reading.value - reading.before);
  }
  return left >= counted_least && from_left <= nearer * from_before;
}

/// Of what coming back counted, only what rose since the counters left is events; leaving counted
/// nothing.
void SharedAddress::take_back(const Place& place, std::span<const Reading> readings,
                              std::vector<Observation>& observations, bool at_once) {
  for (const Reading& reading : readings) {
    const auto known = place.counters.find(reading.series);
    if (known == place.counters.end()) continue;
    const auto& [value, counted, when] = known->second;
    if (counted > 0) pending_.push_back({reading.series, when, counted});
    Observation& observation = observations[reading.observation];
    const double excess = observation.events - (reading.value - value);
    if (excess <= 0) continue;
    if (at_once) {
      observation.events -= excess;
    } else {
      pending_.push_back({reading.series, observation.when, excess});
    }
  }
}

void SharedAddress::leave(std::span<const Reading> readings,
                          const std::vector<Observation>& observations, bool is_corrected,
                          Instant now) {
  if (places_.size() == places_most) places_.erase(places_.begin());
  Place& place = places_.emplace_back(now);
  for (const Reading& reading : readings) {
    const Observation& observation = observations[reading.observation];
    const double counted = is_corrected || is_shared() ? 0 : observation.events;
    place.counters[reading.series] = {reading.before, counted, observation.when};
  }
}

void SharedAddress::forget_old(Instant now) {
  constexpr int batches = 5;
  const Duration kept =
      std::max<Duration>(std::chrono::minutes(1),
                         std::min<Duration>(batches * since_noted_, std::chrono::minutes(10)));
  std::erase_if(changes_, [&](Instant at) { return now - at > kept; });
  std::erase_if(places_, [&](const Place& place) { return now - place.at > kept; });
  if (places_.empty()) pending_.clear();
}

}  // namespace slod
