#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/series/doubt.h"
#include "lib/sketch/quantile.h"
#include "lib/slo/bucket_window.h"
#include "lib/slo/budget.h"
#include "lib/slo/definition.h"
#include "lib/slo/doubt_list.h"
#include "lib/slo/ledger.h"
#include "lib/slo/pending_doubts.h"
#include "lib/slo/rows.h"
#include "lib/slo/sli/sli.h"
#include "lib/slo/slice_queue.h"
#include "lib/slo/slicer.h"
#include "lib/time/instant.h"

namespace slod {

/// A quantile of latency over a window.
struct LatencyReading {
  double quantile = 0;  ///< which one: 0.99
  Quantile seconds;     ///< estimate and interval
};

/// What an SLO counted over one window. good + bad = total. Counts are events, or slices of time
/// for a time-sliced SLI.
struct Reading {
  double total = 0;
  double good = 0;
  double bad = 0;
  std::optional<double> sli_ratio;        ///< good / total; nullopt without events
  std::optional<double> coverage_ratio;   ///< nullopt if nothing of the window was observed
  std::optional<LatencyReading> latency;  ///< for both latency SLIs, once there are events
  Interval counted;                       ///< the window, cut to what was observed
  double edge_blur_seconds = 0;           ///< as in Tally
  std::vector<Doubt> doubts;              ///< of the window; the largest first
};

/// Rows that replace those of the same time, and the times of rows that are gone.
struct TrackerChanges {
  std::vector<LedgerRow> ledger;
  std::vector<Instant> ledger_removed;
  std::vector<BucketRow> buckets;
  std::vector<Instant> buckets_removed;

  bool empty() const {
    return ledger.empty() && ledger_removed.empty() && buckets.empty() && buckets_removed.empty();
  }
};

/// The whole counting state of one SLO, whatever its kind. For each read of a source:
///
///   begin(t)                     the first time ever; further calls do nothing
///   count(role, le, events, i)   for each series of the read that is demanded
///   doubt(source, role, ...)     for what is not certain of that
///   record()                     at the end of the read
///   account(i, measured, unknown)
///   close(watermark)             once all sources are read up to the watermark
///
/// An SLI that is evaluated counts nothing by itself: slices that are due after close() are to be
/// evaluated elsewhere, and come back through judge(). Until then it remembers which part of their
/// time was read; the ledger begins with the first slice that was judged.
///
/// Not thread-safe; copies are independent.
class Tracker {
 public:
  /// `resolution`: the shortest interval of its sources, > 0. `longest_window`: the longest window
  /// besides the SLO's own that will be asked for (burn rates, policy steps).
  Tracker(SloDefinition definition, Duration resolution,
          Duration longest_window = std::chrono::days(3));

  /// A tracker that continues another one: `state` is its state(), the rows are all that its
  /// take_changes() returned, sorted by time. Error: one sentence on what `state` or a row lacks.
  static std::expected<Tracker, std::string> restore(SloDefinition definition, Duration resolution,
                                                     Duration longest_window,
                                                     std::string_view state,
                                                     std::span<const LedgerRow> ledger_rows,
                                                     std::span<const BucketRow> bucket_rows);

  /// Continues to count under a definition of the same fingerprint, with another objective, window
  /// or resolution, say. The other arguments are those of the constructor.
  void redefine(SloDefinition definition, Duration resolution, Duration longest_window);

  /// The first read of any of its sources: see Ledger::begin.
  void begin(Instant first_read);
  /// Adds the events of one series to the read that is under way, as PendingCounts::add. An
  /// increase that is not finite is not counted: it would be in every sum from then on.
  void count(Role role, double le, double events, Interval when);
  /// Events of a series of the read under way that are in doubt, as DoubtfulEvents says.
  void doubt(const std::string& source, Role role, double le, bool subtracted,
             const DoubtfulEvents& events);
  /// Ends a read: its counts go to the ledger, together, by interval. Precondition: begun.
  void record();
  /// See Ledger::account. For an SLI that is evaluated only the measured share matters, and only
  /// once the slice is judged. Precondition: begun.
  void account(Interval when, double measured_share, double unknown_share);
  /// See Ledger::recover. Precondition: begun.
  void recover(Interval when, double unknown_share);
  /// Judges the slices of time that ended by then; nothing for an SLI that counts events. Events
  /// that come later for those slices are not counted. Precondition: begun.
  void close(Instant watermark);

  /// See SliceQueue::readable_since.
  void readable_since(Instant at);
  /// The slices that wait to be evaluated, at most `most`; none for an SLI that is not evaluated.
  std::vector<Interval> due_slices(std::size_t most) const;
  /// What a slice that is due came to. False, and nothing is done, where it is not the first of
  /// those that are due: it was judged already.
  bool judge(Interval slice, const SliceValue& value);

  /// Over (now - window, now], or without `window` over the SLO's own.
  Reading reading(Instant now, std::optional<Duration> window = std::nullopt) const;

  /// Of the SLO's own window at `now`, with what is in doubt.
  Budget budget(Instant now) const { return budget(definition_, now); }
  /// The same under another objective or window.
  Budget budget(const SloDefinition& definition, Instant now) const;
  /// Of a latency SLO whose threshold lies between two bounds: see BucketWindow::blur_at. 0 for
  /// all others.
  BucketBlur bucket_blur(Interval window) const;

  const SloDefinition& definition() const { return definition_; }
  const Ledger& ledger() const { return ledger_; }
  /// The bounds of the histogram as seen so far, ending in +Inf; empty for other kinds.
  std::span<const double> bucket_bounds() const { return buckets_.bounds(); }

  /// What must be remembered beside the rows, as JSON: observed_since, bucket bounds, open slices.
  std::string state() const;
  /// What changed since the last call.
  TrackerChanges take_changes();
  /// Nothing of it is stored where it will be: the next take_changes() returns all.
  void forget_taken();

 private:
  Tracker(SloDefinition definition, Ledger ledger, BucketWindow buckets);
  void settle_missing();
  void record_doubts();
  std::vector<Doubt> doubts_over(const Tally& tally) const;

  SloDefinition definition_;
  Ledger ledger_;
  BucketWindow buckets_;             ///< stays empty where the SLI has no bucket_use()
  std::optional<Slicer> slicer_;     ///< only where time slices are judged
  std::optional<SliceQueue> queue_;  ///< only where expressions are evaluated
  /// Of the read under way, by (begin, end).
  std::map<std::pair<Instant, Instant>, PendingCounts> pending_;
  PendingDoubts pending_doubts_;  ///< what of them is in doubt
  DoubtList doubts_;
};

}  // namespace slod
