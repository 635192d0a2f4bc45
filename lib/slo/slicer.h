#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/slo/bucket_counts.h"
#include "lib/slo/sli/sli.h"
#include "lib/time/instant.h"

namespace slod {

struct ClosedSlice {
  Interval when;
  SliceOutcome outcome;
  bool operator==(const ClosedSlice&) const = default;
};

/// Cuts time into slices at multiples of the SLI's slice since the Unix epoch, gathers what
/// happened in each until it is closed, and has the SLI judge it then. A slice of which less than
/// half was read is missing, whatever the SLI.
class Slicer {
 public:
  /// An interval that spans more slices than this counts in its newest ones only: such a gap was
  /// not measured, so its slices are missing anyway.
  static constexpr std::int64_t slices_max = 10'000;

  /// Precondition: the SLI is judged by time slices.
  explicit Slicer(Sli sli);

  /// Spreads events evenly over the slices that (when.begin, when.end] touches and that are still
  /// open.
  void add(Interval when, const BucketCounts& events);
  /// Says that `measured_share` (0..1) of this time was read. Each moment at most once.
  void account(Interval when, double measured_share);
  /// Says that the events of this time became known after all, though `share` of it was not read.
  void recover(Interval when, double share);
  /// Judges and forgets every slice that ended at or before the watermark, oldest first. A slice
  /// that no call of add or account touched is missing, and left out. What comes later for closed
  /// slices is ignored.
  std::vector<ClosedSlice> close(Instant watermark);

  /// The open slices as JSON, and back. Error: one sentence on what is not as state() writes it.
  boost::json::value state() const;
  std::expected<void, std::string> restore(const boost::json::value& state);

 private:
  struct Open {
    double measured_seconds = 0;
    double recovered_seconds = 0;  ///< not measured, but their events are known
    BucketCounts events;
  };

  /// Calls visit(slice, share) for the open slices that `when` touches; shares add up to 1 over
  /// all slices, open or not.
  template <class Visit>
  void spread(Interval when, Visit visit);
  SliceOutcome outcome(const Open& slice) const;

  Sli sli_;
  Duration slice_;
  std::int64_t closed_;                ///< slices up to and with this one are closed
  std::map<std::int64_t, Open> open_;  ///< slice n is (n * slice, (n + 1) * slice]
};

}  // namespace slod
