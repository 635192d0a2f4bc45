#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/freeze/standing.h"
#include "lib/state/open_gap.h"
#include "lib/time/instant.h"

namespace slod {

/// A small piece of state, known by what it belongs to.
template <typename Value>
struct Keyed {
  std::string key;
  std::optional<Value> value;  ///< nullopt: there is nothing to remember

  bool operator==(const Keyed&) const = default;
};

/// Where one SLO stands on the freeze ladder.
struct SloStanding {
  freeze::Standing standing;
  std::optional<Instant> exhausted_at;  ///< since when its whole budget has been spent

  bool operator==(const SloStanding&) const = default;
};

/// The small pieces of state. A piece replaces the one before with the same key. Among what was
/// restored, nullopt stands for a piece that is stored and cannot be read.
struct Remembered {
  std::vector<Keyed<SloStanding>> standings;           ///< by SLO, "service/name"
  std::vector<Keyed<freeze::Standing>> levels;         ///< by service: its freeze level
  std::vector<Keyed<std::vector<OpenGap>>> open_gaps;  ///< by source
  std::vector<Keyed<Instant>> removals;                ///< by SLO: since when it is not configured
  std::vector<Keyed<Instant>> rule_marks;  ///< by rule group: when it was evaluated last
  /// By receiver and alert, "oncall/slod-0123456789abcdef", of what is firing: which incident it is
  /// part of, and which other receiver was notified in its place.
  std::vector<Keyed<std::string>> incidents;
  std::vector<Keyed<std::string>> forwarded;

  bool empty() const;
};

}  // namespace slod
