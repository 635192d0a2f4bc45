#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// What the state of a tracker holds beside the rows.
struct TrackerState {
  std::optional<Instant> observed_since;
  std::vector<double> bounds;  ///< of the histogram, ending in +Inf; empty without one
  boost::json::value slices;   ///< that are open, as Slicer or SliceQueue writes them; else null
  boost::json::value doubts = {};  ///< as DoubtList writes them; null where there are none
};

std::string to_text(const TrackerState& state);
/// Error: one sentence on what `text` lacks.
std::expected<TrackerState, std::string> parse_tracker_state(std::string_view text);

}  // namespace slod
