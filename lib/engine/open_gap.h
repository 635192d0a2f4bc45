#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// Time in which a source could not be read, and the share of an SLO's sources that it then was.
struct MissedTime {
  Interval when;
  double share = 1;  ///< in (0, 1]

  bool operator==(const MissedTime&) const = default;
};

/// What a source reported to an SLO as unknown and may yet take back, because it has not been read
/// again. A restart must not report it twice.
struct OpenGap {
  std::string slo;                 ///< "service/name"
  std::vector<MissedTime> missed;  ///< not empty; each begins where the one before ends

  bool operator==(const OpenGap&) const = default;
};

/// For the store: JSON; empty where there are none. Reading back trusts nothing; an error says what
/// was expected.
std::string to_json(std::span<const OpenGap> gaps);
std::expected<std::vector<OpenGap>, std::string> open_gaps_from_json(std::string_view text);

}  // namespace slod
