#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/slo/ledger.h"
#include "lib/slo/sli/sli.h"
#include "lib/time/instant.h"

namespace slod {

/// The good or bad events of an SLO are no part of its total: there are more of them than events,
/// or fewer than none.
struct PartFinding {
  SliPart part = SliPart::bad;
  double events = 0;  ///< good or bad ones, as `part` says
  double total = 0;
  Duration over{};  ///< the time in which they were counted; 0: as counters stand on their pages
};

/// A sentence without a full stop.
std::string to_text(const PartFinding& finding);

/// Whether `events`, good or bad ones, are above the total or below zero by 5 % of it, and 10.
bool are_no_part(double events, double total);

/// Watches whether the good or bad events that an SLO counts are a part of its total. Two metrics
/// that do not belong together, or a sum that takes off too much, hide errors or make them up, and
/// a ratio kept within 0 and 1 shows nothing of it.
///
/// Series may lag each other by a page, or by the interval of a server that scraped them one after
/// the other: a minute, or two intervals if that is more; one and a half where they are shorter
/// than 5 s. No lag explains that in a stretch of time there are more good or bad events than
/// events in this stretch and the time of a lag before and after it, or fewer than none by more
/// than the events in those. That and 5 % of the total more, by 10 events at least, is a finding.
/// Stretches of 3, 12, 48 and 192 lags are looked at, so that twice the total is found within 5
/// minutes and 1.1 times within 50. It ends with a stretch of the same length in which there were
/// events and no more than 5 % too many. Without events it stays. Not thread-safe.
class PartWatch {
 public:
  enum class Change { none, found, over };

  /// Of an SLO without good or bad events of its own, nothing is ever found.
  explicit PartWatch(std::optional<SliPart> part) : part_(part) {}

  /// For an SLO whose events are counted: `until` is up to where all its sources were read.
  void observe(const Ledger& ledger, Instant until);
  /// For one that is evaluated, with a slice in the place of a lag, and no least number of events,
  /// since its values need not be events.
  void observe(Interval slice, const SliceValue& value);

  const std::optional<PartFinding>& finding() const { return finding_; }
  /// What became of the finding since the last call.
  Change take_change();

 private:
  struct Counted {
    double total = 0;
    double events = 0;  ///< good or bad ones
  };

  Counted counted(const Ledger& ledger, Interval when) const;
  Counted counted(int first, int last) const;  ///< slices [first, last)
  template <class CountedIn>
  std::optional<PartFinding> find(int lags, double events_least, CountedIn in) const;
  bool is_over(const Counted& lately);

  std::optional<SliPart> part_;
  std::optional<PartFinding> finding_;
  bool was_said_ = false;  ///< of the finding, by take_change()
  Instant observed_until_{};
  Instant over_since_ = Instant::min();               ///< when a finding ended last
  std::vector<std::pair<Interval, Counted>> slices_;  ///< the last ones, since a finding ended
  int slices_found_ = 0;                              ///< those of the finding
};

}  // namespace slod
