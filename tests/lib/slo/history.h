#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/slo/ledger.h"
#include "lib/time/instant.h"

namespace slod {

/// The naive oracle: every record ever made, summed for each question. Events are spread evenly
/// over the time they were recorded for, as the ledger is told to.
class History {
 public:
  struct Sums {
    double total = 0;
    double bad = 0;
    double measured_seconds = 0;
    double unknown_seconds = 0;
  };

  void record(Interval when, Events events) {
    entries_.push_back({when, {events.total, events.bad, 0, 0}});
  }
  void account(Interval when, double measured_share, double unknown_share) {
    const double length = seconds(when.length());
    entries_.push_back({when, {0, 0, length * measured_share, length * unknown_share}});
  }

  /// Everything within (-infinity, until].
  Sums until(Instant at) const {
    Sums sums;
    for (const auto& [when, amount] : entries_) {
      if (when.begin >= at && when.end > at) continue;
      const double share =
          when.end <= at ? 1 : seconds(at - when.begin) / seconds(when.end - when.begin);
      sums.total += amount.total * share;
      sums.bad += amount.bad * share;
      sums.measured_seconds += amount.measured_seconds * share;
      sums.unknown_seconds += amount.unknown_seconds * share;
    }
    return sums;
  }

 private:
  struct Entry {
    Interval when;
    Sums amount;
  };
  std::vector<Entry> entries_;
};

}  // namespace slod
