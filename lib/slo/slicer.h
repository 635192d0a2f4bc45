#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/series/doubt.h"
#include "lib/slo/bucket_counts.h"
#include "lib/slo/sli/sli.h"
#include "lib/time/instant.h"

namespace slod {

/// Why a slice may have been judged otherwise: its events, or their number, are in doubt.
struct SliceDoubt {
  DoubtReason reason = DoubtReason::birth;
  std::string source;
  bool operator==(const SliceDoubt&) const = default;
};

struct ClosedSlice {
  Interval when;
  SliceOutcome outcome;
  std::optional<SliceDoubt> doubt = std::nullopt;
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

  /// Adds events, and says that `measured_share` (0..1) of this time was read. Each moment at most
  /// once. An interval of up to about half a slice is one read's, whose events are known to its
  /// end: it goes as a whole to the slice in which it ends, events and time alike, so that a slice
  /// is the time between two reads, exactly counted. A longer one is spread evenly over the slices
  /// that (when.begin, when.end] touches. Slices that are closed are left alone.
  void add(Interval when, const BucketCounts& events);
  void account(Interval when, double measured_share);
  /// Says that the events of this time became known after all, though `share` of it was not read.
  /// Parts of one gap come one after the other, and are taken as the one interval that its events
  /// came in.
  void recover(Interval when, double share);
  /// Notes that events of this time are in doubt: of the slices that add() puts them in, the first
  /// doubt of each.
  void doubt(Interval when, const SliceDoubt& why);
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
    /// What the reads that end in it brought of the time before it, less what the next slice took.
    double shifted_seconds = 0;
    BucketCounts events;
    std::optional<SliceDoubt> doubt = std::nullopt;
  };
  struct Recovered {
    Interval when;
    double share = 0;
  };

  /// Slices begin after a multiple of their length and end with the next one.
  std::int64_t slice_at(Instant at) const;
  bool goes_to_one_slice(Interval when) const;
  /// Calls visit(slice, share) for the open slices that `when` goes to; shares add up to 1 over
  /// all slices, open or not.
  template <class Visit>
  void spread(Interval when, Visit visit);
  /// Of time that goes to one slice, as far as it began in the slice before.
  void shift(Interval when, double share);
  void add_recovered(Interval when, double share);
  SliceOutcome outcome(const Open& slice) const;
  static std::expected<Open, std::string> read_open(const boost::json::object& slice);

  Sli sli_;
  Duration slice_;
  std::int64_t closed_;                 ///< slices up to and with this one are closed
  std::map<std::int64_t, Open> open_;   ///< slice n is (n * slice, (n + 1) * slice]
  std::optional<Recovered> recovered_;  ///< by the last call, if nothing was said since
};

}  // namespace slod
