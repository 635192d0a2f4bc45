#pragma once

#include <string>
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

}  // namespace slod
