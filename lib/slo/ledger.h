#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/slo/cascade.h"
#include "lib/slo/events.h"
#include "lib/slo/rows.h"
#include "lib/time/instant.h"

namespace slod {

/// What a ledger knows of one stretch of time.
struct Tally {
  double total = 0;
  double bad = 0;  ///< as counted: counters of one page may lag, so it can leave 0..total
  /// Read successfully, weighted by the share of the sources that could be read.
  double measured_seconds = 0;
  /// The rest of `counted`: measured_seconds + missing_seconds is its length.
  double missing_seconds = 0;
  /// The part of missing_seconds whose events are lost for good. At most missing_seconds.
  double unknown_seconds = 0;
  /// The time asked for, cut to what was observed. Empty (begin == end) where nothing was.
  Interval counted{};
  /// Events this close to the edges of `counted` may stand on the wrong side of them: the widths
  /// of the slices that the edges cut. 0 where an edge is a slice's edge, or the newest time.
  double edge_blur_seconds = 0;
  /// The events that may stand on the wrong side of the edges: `edge_counted` of those counted may
  /// lie outside, and `edge_left_out` of those left out may lie within. The truth of `bad` is in
  /// [bad - edge_counted.bad, bad + edge_left_out.bad], and that of `total` alike, as far as the
  /// intervals that were recorded are no longer than two resolutions or hold a gap.
  Events edge_counted;
  Events edge_left_out;

  /// The bad events where a ratio is formed: `bad` kept within 0..total.
  double bad_within_total() const;
};

/// The snapshots that differ from what was taken before, and the times of those that are gone.
struct LedgerChanges {
  std::vector<LedgerRow> changed;  ///< sorted by time; replace rows of the same time
  std::vector<Instant> removed;    ///< after a resize, perhaps some that were never given out
  bool empty() const { return changed.empty() && removed.empty(); }
};

/// What a ledger keeps at each boundary: cumulative since begin. Times are in hundredths of a
/// second and wrap after 497 days, which differences survive.
struct LedgerCount {
  static constexpr std::size_t extra_boundaries_max = 832;

  double total = 0;
  double bad = 0;
  std::uint32_t measured_cs = 0;
  std::uint32_t unknown_cs = 0;

  void add(const LedgerCount& delta, double share);
  static LedgerCount between(const LedgerCount& lower, const LedgerCount& upper, double share);
  /// The part of the bad events by which this one is off, and of all events: a share of the budget
  /// spent is off by as much of itself. Of unknown time alike, and a tenth of it of measured time.
  double deviation(const LedgerCount& line, const LedgerCount& oldest,
                   const LedgerCount& newest) const;
};
static_assert(sizeof(LedgerCount) == 24, "64 KiB for 30 days at 15 seconds");

/// The event-exact memory of one SLO: how many events, how many bad, and how much time was
/// measured, for any window up to the retention, in constant memory (under 64 KiB for 30 days at
/// 15 seconds). Totals are exact; only on which side of a window's far edge an event falls is
/// blurred, by at most 0.8 % of the window's length, and by much less where it matters: boundaries
/// at which errors, traffic or gaps begin and end are kept. Not thread-safe; copies are
/// independent.
class Ledger {
 public:
  /// `resolution` is the shortest time between two reads, `retention` the longest window that will
  /// be asked for. Both > 0.
  Ledger(Duration resolution, Duration retention);

  /// A ledger that answers, and goes on, as the one that gave out `rows` by take_changes: all rows
  /// changed and not removed since it began, sorted by time. Another resolution or retention than
  /// before is accepted: the rows are interpolated, and what then differs is taken as changed.
  static Ledger restore(Duration resolution, Duration retention, Instant observed_since,
                        std::span<const LedgerRow> rows);

  /// The first read. Time before it is neither measured nor missing. Only the first call counts.
  void begin(Instant first_read);
  /// The time of the first read; nullopt before begin.
  std::optional<Instant> observed_since() const { return cascade_.origin(); }
  /// The end of the newest time recorded or accounted for; nullopt before begin.
  std::optional<Instant> observed_until() const;

  /// Counts events that happened, evenly as far as is known, within (when.begin, when.end]. They
  /// may be late by any time; events from before begin are in every window that reaches back to
  /// begin. Precondition: begin was called, when.begin <= when.end.
  void record(Interval when, Events events);

  /// Says how well (when.begin, when.end] was read: `measured_share` of the sources could be read,
  /// and of `unknown_share` the events are lost for good, not only late. Both in 0..1, with a sum
  /// of at most 1. Each moment is accounted for at most once; time that no call measured is
  /// missing, so calls with a measured share of 0 are needed only to report unknown time. A gap
  /// whose events were recovered, because the counters went on, has an unknown share of 0.
  /// Precondition: begin was called, when.begin <= when.end.
  void account(Interval when, double measured_share, double unknown_share);

  /// Takes back an unknown share that account() reported for exactly this time: the counters went
  /// on after the gap, so its events are known after all. The time stays missing.
  void recover(Interval when, double unknown_share);

  /// What happened within (window.begin, window.end]. Time after observed_until is missing once it
  /// is two resolutions long; before that the next read is merely not due yet, and not counted.
  Tally over(Interval window) const;

  /// Everything counted since begin: what a counter of one's own shows.
  Events lifetime() const;

  /// Goes on with another resolution and retention; totals stay exact. Both > 0.
  void resize(Duration resolution, Duration retention) { cascade_.resize(resolution, retention); }

  /// What changed since the last call. All of it once it is stored.
  LedgerChanges take_changes();
  /// Nothing of it is stored where it will be: the next take_changes() returns all.
  void forget_taken() { cascade_.forget_taken(); }

  Duration resolution() const { return cascade_.resolution(); }
  Duration retention() const { return cascade_.retention(); }
  /// Memory held, in bytes, with that of the object itself.
  std::size_t memory_bytes() const { return cascade_.memory_bytes(); }

 private:
  explicit Ledger(Cascade<LedgerCount> cascade);

  Cascade<LedgerCount> cascade_;
};

}  // namespace slod
