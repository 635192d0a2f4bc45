#pragma once

#include <cstdint>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// Why it is not certain that events happened, or that they happened then.
enum class DoubtReason : std::uint8_t {
  birth,    ///< a series appeared, and may have counted before
  restart,  ///< counters may have begun again, or gone on
  rename,   ///< a series may be another one under a new name
  dip,      ///< a counter fell a little, and may have begun again
  skew,     ///< reserved: the clock of the source was wrong
  edge,     ///< an edge of the window cuts a slice of time
  bucket,   ///< the threshold lies between two bounds of the histogram
  unread,   ///< reserved: counted by a process after its last read
};

constexpr std::string_view to_string(DoubtReason reason) {
  switch (reason) {
    case DoubtReason::birth:
      return "birth";
    case DoubtReason::restart:
      return "restart";
    case DoubtReason::rename:
      return "rename";
    case DoubtReason::dip:
      return "dip";
    case DoubtReason::skew:
      return "skew";
    case DoubtReason::edge:
      return "edge";
    case DoubtReason::bucket:
      return "bucket";
    case DoubtReason::unread:
      return "unread";
  }
  return "";
}

/// Events of one series in doubt: counted, though they may not be events of that time, or left out,
/// though they may be.
struct DoubtfulEvents {
  std::uint32_t series = 0;  ///< an index: see SeriesBook::series
  Interval when;
  double events = 0;  ///< > 0
  bool is_counted = false;
  DoubtReason reason = DoubtReason::birth;

  bool operator==(const DoubtfulEvents&) const = default;
};

}  // namespace slod
