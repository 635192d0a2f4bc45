#include "lib/slo/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "lib/slo/budget.h"
#include "lib/slo/tracker_state.h"

namespace slod {
namespace {

Duration retention_of(const SloDefinition& definition, Duration longest_window) {
  return std::max(longest_length(definition.window), longest_window);
}

std::optional<Slicer> slicer_of(const Sli& sli) {
  if (judging_of(sli) != SliJudging::time_slices) return std::nullopt;
  return Slicer(sli);
}

std::optional<SliceQueue> queue_of(const Sli& sli) {
  if (judging_of(sli) != SliJudging::expressions) return std::nullopt;
  return SliceQueue(slice_of(sli).value());
}

/// Of a slice of which a source could not be read, it is not known that nothing happened of which
/// there are no series: they may be of that source.
bool is_doubtful(const SliceValue& value, const SliceQueue::Due& due) {
  constexpr double all = 0.99;
  return value.part_is_absent && due.measured_share < all;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): copied by the delegation either way.
Tracker::Tracker(SloDefinition definition, Duration resolution, Duration longest_window)
    : Tracker(definition, Ledger(resolution, retention_of(definition, longest_window)),
              BucketWindow(resolution, retention_of(definition, longest_window))) {}

Tracker::Tracker(SloDefinition definition, Ledger ledger, BucketWindow buckets)
    : definition_(std::move(definition)),
      ledger_(std::move(ledger)),
      buckets_(std::move(buckets)),
      slicer_(slicer_of(definition_.sli)),
      queue_(queue_of(definition_.sli)) {}

std::expected<Tracker, std::string> Tracker::restore(SloDefinition definition, Duration resolution,
                                                     Duration longest_window,
                                                     std::string_view state,
                                                     std::span<const LedgerRow> ledger_rows,
                                                     std::span<const BucketRow> bucket_rows) {
  const auto stored = parse_tracker_state(state);
  if (!stored) return std::unexpected(stored.error());
  const auto& [since, bounds, slices, doubts] = *stored;
  for (const BucketRow& row : bucket_rows) {
    if (row.counts.size() == bounds.size()) continue;
    return std::unexpected(fmt::format("the row of {} has {} bucket counts for {} bounds",
                                       format_instant(row.at), row.counts.size(), bounds.size()));
  }
  const Duration retention = retention_of(definition, longest_window);
  const bool has_buckets = bucket_use(definition.sli).has_value();
  Tracker tracker(std::move(definition),
                  since ? Ledger::restore(resolution, retention, *since, ledger_rows)
                        : Ledger(resolution, retention),
                  since && has_buckets
                      ? BucketWindow::restore(resolution, retention, *since, bounds, bucket_rows)
                      : BucketWindow(resolution, retention));
  if (since && tracker.slicer_) {
    if (auto done = tracker.slicer_->restore(slices); !done) return std::unexpected(done.error());
  }
  if (tracker.queue_) {
    if (auto done = tracker.queue_->restore(slices); !done) return std::unexpected(done.error());
  }
  if (!doubts.is_null()) {
    if (auto done = tracker.doubts_.restore(doubts); !done) return std::unexpected(done.error());
  }
  return tracker;
}

void Tracker::redefine(SloDefinition definition, Duration resolution, Duration longest_window) {
  assert(definition.fingerprint() == definition_.fingerprint());
  definition_ = std::move(definition);
  const Duration retention = retention_of(definition_, longest_window);
  ledger_.resize(resolution, retention);
  buckets_.resize(resolution, retention);
}

void Tracker::begin(Instant first_read) {
  if (queue_) {
    queue_->begin(first_read);
    return;
  }
  ledger_.begin(first_read);
  if (bucket_use(definition_.sli)) buckets_.begin(first_read);
}

void Tracker::count(Role role, double le, double events, Interval when) {
  if (!std::isfinite(events)) return;
  pending_[{when.begin, when.end}].add(role, le, events);
}

void Tracker::doubt(const std::string& source, Role role, double le, bool subtracted,
                    const DoubtfulEvents& events) {
  if (!std::isfinite(events.events)) return;
  if (!queue_) pending_doubts_.add(source, role, le, subtracted, events);
}

void Tracker::record_doubts() {
  if (slicer_) {
    for (const auto& [reason, source, when] : pending_doubts_.take_times()) {
      slicer_->doubt(when, {reason, source});
    }
    return;
  }
  for (Doubt& doubt : pending_doubts_.take(definition_.sli, buckets_.bounds())) {
    doubts_.add(std::move(doubt), ledger_.retention());
  }
}

void Tracker::record() {
  const auto pending = std::exchange(pending_, {});
  if (queue_) return;
  const bool keeps_buckets = bucket_use(definition_.sli).has_value();
  for (const auto& [interval, counts] : pending) {
    const Interval when{interval.first, interval.second};
    if (keeps_buckets) buckets_.record(when, counts.buckets);
    if (slicer_) {
      slicer_->add(when, slice_events(definition_.sli, counts));
    } else {
      ledger_.record(when, events(definition_.sli, counts));
    }
  }
  if (!pending_doubts_.empty()) record_doubts();
}

void Tracker::account(Interval when, double measured_share, double unknown_share) {
  if (queue_) {
    queue_->account(when, measured_share);
    return;
  }
  ledger_.account(when, measured_share, unknown_share);
  const auto since = ledger_.observed_since();
  if (!slicer_ || when.end <= *since) return;
  slicer_->account({std::max(when.begin, *since), when.end}, measured_share);
}

void Tracker::recover(Interval when, double unknown_share) {
  if (queue_) return;
  ledger_.recover(when, unknown_share);
  if (slicer_) slicer_->recover(when, unknown_share);
}

void Tracker::close(Instant watermark) {
  doubts_.forget_before(watermark - ledger_.retention());
  if (queue_) {
    queue_->close(watermark);
    settle_missing();
  }
  if (!slicer_) return;
  for (const ClosedSlice& slice : slicer_->close(watermark)) {
    if (slice.outcome == SliceOutcome::missing) continue;
    const bool is_bad = slice.outcome == SliceOutcome::bad;
    const bool is_judged = slice.outcome != SliceOutcome::idle;
    if (is_judged) ledger_.record(slice.when, {1, is_bad ? 1.0 : 0.0});
    if (!slice.doubt) continue;
    // It may be judged otherwise. Where it was none, it may be a bad one, or a good one.
    doubts_.add({.reason = slice.doubt->reason,
                 .source = slice.doubt->source,
                 .is_counted = is_bad,
                 .changes_sides = is_judged,
                 .total = is_judged ? 1.0 : 2.0,
                 .bad = 1,
                 .when = slice.when},
                ledger_.retention());
  }
}

void Tracker::settle_missing() {
  const auto missing = queue_->take_missing();
  if (!missing) return;
  ledger_.begin(missing->begin);
  ledger_.account(*missing, 0, 1);
}

void Tracker::readable_since(Instant at) {
  if (queue_) queue_->readable_since(at);
}

std::vector<Interval> Tracker::due_slices(std::size_t most) const {
  std::vector<Interval> slices;
  if (!queue_) return slices;
  for (const SliceQueue::Due& due : queue_->due(most)) slices.push_back(due.when);
  return slices;
}

bool Tracker::judge(Interval slice, const SliceValue& value) {
  const auto due = queue_ ? queue_->take(slice) : std::nullopt;
  if (!due) return false;
  ledger_.begin(slice.begin);
  const bool is_known = value.kind != SliceValue::Kind::missing && !is_doubtful(value, *due);
  const double measured = is_known ? due->measured_share : 0;
  ledger_.account(slice, measured, 1 - measured);
  if (is_known && value.kind == SliceValue::Kind::counted) ledger_.record(slice, value.events);
  settle_missing();
  return true;
}

namespace {

/// What a threshold between two bounds leaves in doubt.
void add_bucket_doubt(const BucketBlur& blur, Interval window, std::vector<Doubt>& doubts) {
  for (const bool is_bad : {false, true}) {
    const double events = is_bad ? blur.bad_maybe_good : blur.good_maybe_bad;
    if (!(events > 0)) continue;
    doubts.push_back({.reason = DoubtReason::bucket,
                      .source = {},
                      .is_counted = is_bad,
                      .changes_sides = true,
                      .total = events,
                      .bad = events,
                      .when = window});
  }
}

}  // namespace

Reading Tracker::reading(Instant now, std::optional<Duration> window) const {
  const Interval asked = window ? Interval{now - *window, now} : window_at(definition_.window, now);
  const Tally tally = ledger_.over(asked);
  Reading reading;
  reading.total = std::max(0.0, tally.total);
  reading.bad = tally.bad_within_total();
  reading.good = reading.total - reading.bad;
  if (reading.total > 0) reading.sli_ratio = reading.good / reading.total;
  reading.coverage_ratio = coverage_ratio(tally);
  reading.counted = tally.counted;
  reading.edge_blur_seconds = tally.edge_blur_seconds;
  reading.doubts = doubts_over(tally);
  if (const auto use = bucket_use(definition_.sli)) {
    const double q = use->readout_quantile;
    if (const auto quantile = buckets_.quantile(asked, q)) reading.latency = {q, *quantile};
  }
  return reading;
}

BucketBlur Tracker::bucket_blur(Interval window) const {
  const auto use = bucket_use(definition_.sli);
  if (!use || !use->threshold_seconds) return {};
  return buckets_.blur_at(window, *use->threshold_seconds);
}

/// Those of the sources, and what the edges of the window leave in doubt; the largest first.
std::vector<Doubt> Tracker::doubts_over(const Tally& tally) const {
  std::vector<Doubt> doubts = doubts_.over(tally.counted);
  const Duration resolution = ledger_.resolution();
  const auto add_edge = [&](const Events& events, bool is_counted) {
    if (!(events.total > 0)) return;
    const Instant edge = tally.counted.begin;
    doubts.push_back({.reason = DoubtReason::edge,
                      .source = {},
                      .is_counted = is_counted,
                      .total = events.total,
                      .bad = std::clamp(events.bad, 0.0, events.total),
                      .when = is_counted ? Interval{edge, edge + resolution}
                                         : Interval{edge - resolution, edge}});
  };
  add_edge(tally.edge_counted, true);
  add_edge(tally.edge_left_out, false);
  if (!slicer_) add_bucket_doubt(bucket_blur(tally.counted), tally.counted, doubts);
  std::ranges::sort(doubts, std::ranges::greater(), &Doubt::bad);
  return doubts;
}

Budget Tracker::budget(const SloDefinition& definition, Instant now) const {
  const Interval window = window_at(definition.window, now);
  DoubtfulCounts doubtful;
  for (const Doubt& doubt : doubts_over(ledger_.over(window))) doubtful.add(doubt);
  return slod::budget(ledger_, definition, now, doubtful);
}

std::string Tracker::state() const {
  TrackerState state{ledger_.observed_since(), {}, nullptr, nullptr};
  if (!doubts_.empty()) state.doubts = doubts_.state();
  state.bounds.assign(buckets_.bounds().begin(), buckets_.bounds().end());
  if (slicer_) state.slices = slicer_->state();
  if (queue_) state.slices = queue_->state();
  return to_text(state);
}

void Tracker::forget_taken() {
  ledger_.forget_taken();
  buckets_.forget_taken();
}

TrackerChanges Tracker::take_changes() {
  LedgerChanges ledger = ledger_.take_changes();
  BucketChanges buckets = buckets_.take_changes();
  return {std::move(ledger.changed), std::move(ledger.removed), std::move(buckets.changed),
          std::move(buckets.removed)};
}

}  // namespace slod
