#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "lib/series/counter.h"
#include "lib/time/instant.h"

namespace slod {

/// Why a source counts as missing whose address is shared.
inline constexpr std::string_view shared_address_problem =
    "two processes answer at its address in turns";

/// Events that were counted and are none.
struct TakenBackEvents {
  std::uint32_t series = 0;  ///< an index: see SeriesBook::series
  Interval when;
  double events = 0;  ///< > 0

  bool operator==(const TakenBackEvents&) const = default;
};

/// Notices that several processes answer at one address in turns: the counters leave where they
/// stood and come back to it. Each such change counts nothing, and what it did count is taken back.
class SharedAddress {
 public:
  /// A counter in one batch.
  struct Reading {
    std::uint32_t series = 0;
    std::size_t observation = 0;  ///< its place among those of the batch
    double before = 0;            ///< the sample before
    double value = 0;
  };

  /// Whether anything has to be noted of a batch in which all counters just went on.
  bool is_watching() const { return !places_.empty(); }
  /// Takes a batch. `most_plausible`: what one counter can have counted since the batch before.
  /// `rate_per_second`: recently. Alters the events of `observations`, and returns what was counted
  /// earlier and is to be taken back.
  std::vector<TakenBackEvents> note(std::span<const Reading> readings,
                                    std::vector<Observation>& observations, double most_plausible,
                                    double rate_per_second, Instant now);
  /// Events that are taken back if the counters go to and fro once more.
  std::span<const TakenBackEvents> pending() const { return pending_; }
  /// Whether the counters went to and fro three times in the last minute or five batches.
  bool is_shared() const { return changes_.size() >= changes_least; }

 private:
  static constexpr std::size_t changes_least = 3;
  static constexpr std::size_t places_most = 8;

  /// Where a counter stood, and what leaving it counted.
  struct Left {
    double value = 0;
    double counted = 0;
    Interval when;
  };
  /// What the counters of one process stood at when another one answered.
  struct Place {
    Instant at;
    std::map<std::uint32_t, Left> counters;  ///< by series
  };

  /// The place to which the counters came back, the last one that fits.
  std::vector<Place>::iterator place_of(std::span<const Reading> readings, double rate_per_second,
                                        Instant now);
  static bool stand_at(const Place& place, std::span<const Reading> readings, double allowance);
  void take_back(const Place& place, std::span<const Reading> readings,
                 std::vector<Observation>& observations, bool at_once);
  void leave(std::span<const Reading> readings, const std::vector<Observation>& observations,
             bool is_corrected, Instant now);
  void forget_old(Instant now);

  std::vector<Place> places_;  ///< the last one left at the end
  Instant last_{};
  Duration since_noted_{};        ///< from the batch noted before the last one to that
  std::vector<Instant> changes_;  ///< recently
  std::vector<TakenBackEvents> pending_;
};

}  // namespace slod
