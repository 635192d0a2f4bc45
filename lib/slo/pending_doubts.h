#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/series/doubt.h"
#include "lib/slo/doubt_list.h"
#include "lib/slo/sli/sli.h"
#include "lib/time/instant.h"

namespace slod {

/// What is in doubt of the series of one read, until the SLI makes events of it.
class PendingDoubts {
 public:
  /// Events of one series, as Tracker::doubt.
  void add(const std::string& source, Role role, double le, bool subtracted,
           const DoubtfulEvents& events);
  bool empty() const { return counts_.empty(); }

  /// Takes them as events, alike ones of the same time together. Which series is right is not
  /// known, so that each is taken by itself: events of good or bad ones that are a metric of their
  /// own change sides, and add or take off none. The buckets of a histogram are right or wrong
  /// together; `bounds` are all of them. Precondition: `sli` is judged by events.
  std::vector<Doubt> take(const Sli& sli, std::span<const double> bounds);

  /// Takes them without numbers: where what was counted may be wrong, once for each interval.
  struct Touched {
    DoubtReason reason;
    std::string source;
    Interval when;
  };
  std::vector<Touched> take_times();

 private:
  struct Key {
    DoubtReason reason;
    bool is_counted;
    std::string source;
    Instant begin;
    Instant end;
    std::uint32_t series;  ///< 0 for buckets

    auto operator<=>(const Key&) const = default;
  };

  std::map<Key, PendingCounts> counts_;
};

}  // namespace slod
