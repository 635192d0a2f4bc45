#include "lib/slo/ledger.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "lib/slo/cascade_edge.h"

namespace slod {
namespace {

constexpr std::int64_t ledger_precision = 128;

/// `share` of the hundredths of a second in `when`. Counted on one clock, so that the parts of a
/// time add up to the whole of it, wherever it is cut, and rounding does not pile up.
std::uint32_t hundredths(Interval when, double share) {
  const auto until = [share](Instant at) {
    using Hundredths = std::chrono::duration<std::int64_t, std::centi>;
    const auto since_epoch = std::chrono::floor<Hundredths>(at.time_since_epoch());
    return std::llround(std::floor(static_cast<double>(since_epoch.count()) * share));
  };
  return static_cast<std::uint32_t>(until(when.end) - until(when.begin));
}

/// A part of a difference, which may be negative: time that was recovered. Wraps like the counts it
/// is added to.
std::uint32_t share_of(std::uint32_t difference, double share) {
  const double part = static_cast<std::int32_t>(difference) * share;
  // The nearest whole number, without a call.
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(part < 0 ? part - 0.5 : part + 0.5));
}

/// Unknown time between two snapshots. What was recovered can leave it a rounding error below zero,
/// which is not taken for the 497 days that it wraps to.
double unknown_between(std::uint32_t earlier, std::uint32_t later) {
  constexpr std::uint32_t rounding_cs = 100'000;
  const std::uint32_t difference = later - earlier;
  return difference > std::uint32_t{0} - rounding_cs ? 0 : difference / 100.0;
}

double difference_cs(std::uint32_t a, std::uint32_t b) {
  return std::abs(static_cast<double>(static_cast<std::int32_t>(a - b)));
}

Events events_between(const LedgerCount& lower, const LedgerCount& upper) {
  return {std::max(0.0, upper.total - lower.total), std::max(0.0, upper.bad - lower.bad)};
}

Events sum(Events a, Events b) {
  return {a.total + b.total, a.bad + b.bad};
}

/// Whether one read may have brought events of all of `part` of a slice, because there was no read:
/// time of it is missing, but its events are known.
bool may_be_in_gap(const Cascade<LedgerCount>::Slice& slice, Duration part) {
  constexpr double share_of_a_source = 0.05;
  const LedgerCount lower = slice.until_begin();
  const double missing =
      seconds(slice.length()) - (slice.upper->measured_cs - lower.measured_cs) / 100.0;
  const double known = missing - unknown_between(lower.unknown_cs, slice.upper->unknown_cs);
  return known >= share_of_a_source * seconds(part);
}

}  // namespace

double Tally::bad_within_total() const {
  return std::clamp(bad, 0.0, std::max(total, 0.0));
}

void LedgerCount::add(const LedgerCount& delta, double share) {
  total += delta.total * share;
  bad += delta.bad * share;
  measured_cs += share_of(delta.measured_cs, share);
  unknown_cs += share_of(delta.unknown_cs, share);
}

LedgerCount LedgerCount::between(const LedgerCount& lower, const LedgerCount& upper, double share) {
  return {lower.total + (upper.total - lower.total) * share,
          lower.bad + (upper.bad - lower.bad) * share,
          lower.measured_cs + share_of(upper.measured_cs - lower.measured_cs, share),
          lower.unknown_cs + share_of(upper.unknown_cs - lower.unknown_cs, share)};
}

double LedgerCount::deviation(const LedgerCount& line, const LedgerCount& oldest,
                              const LedgerCount& newest) const {
  constexpr double rounding = 1e-9;
  const auto share = [](double apart, double of) {
    return of > 0 && apart > rounding * of ? apart / of : 0;
  };
  double deviation = share(std::abs(bad - line.bad), std::abs(newest.bad - oldest.bad)) +
                     share(std::abs(total - line.total), std::abs(newest.total - oldest.total));
  // Times are rounded, so that a hundredth of a second says nothing.
  constexpr double day_cs = 8'640'000;
  constexpr double minute_cs = 6'000;
  const double measured = difference_cs(measured_cs, line.measured_cs) - 1;
  const double unknown = difference_cs(unknown_cs, line.unknown_cs) - 1;
  if (measured > 0) {
    const double whole = newest.measured_cs - oldest.measured_cs;
    deviation += 0.1 * measured / std::max(day_cs, whole);
  }
  if (unknown > 0) {
    const double whole = 100 * unknown_between(oldest.unknown_cs, newest.unknown_cs);
    deviation += unknown / std::max(minute_cs, whole);
  }
  return deviation;
}

Ledger::Ledger(Duration resolution, Duration retention)
    : cascade_(resolution, retention, ledger_precision) {}

Ledger::Ledger(Cascade<LedgerCount> cascade) : cascade_(std::move(cascade)) {}

Ledger Ledger::restore(Duration resolution, Duration retention, Instant observed_since,
                       std::span<const LedgerRow> rows) {
  std::vector<DatedValue<LedgerCount>> snapshots;
  snapshots.reserve(rows.size());
  for (const LedgerRow& row : rows) {
    snapshots.push_back({row.at, {row.total, row.bad, row.measured_cs, row.unknown_cs}});
  }
  return Ledger(Cascade<LedgerCount>::restore(resolution, retention, ledger_precision,
                                              observed_since, std::move(snapshots)));
}

void Ledger::begin(Instant first_read) {
  cascade_.begin(first_read);
}

std::optional<Instant> Ledger::observed_until() const {
  return cascade_.newest();
}

void Ledger::record(Interval when, Events events) {
  cascade_.add(when, {events.total, events.bad, 0, 0});
}

void Ledger::account(Interval when, double measured_share, double unknown_share) {
  const Instant since = *cascade_.origin();
  if (when.end <= since) return;
  when.begin = std::max(when.begin, since);
  cascade_.add(when, {0, 0, hundredths(when, measured_share), hundredths(when, unknown_share)});
}

void Ledger::recover(Interval when, double unknown_share) {
  const Instant since = *cascade_.origin();
  if (when.end <= since) return;
  when.begin = std::max(when.begin, since);
  cascade_.add(when, {0, 0, 0, std::uint32_t{0} - hundredths(when, unknown_share)});
}

Tally Ledger::over(Interval window) const {
  Tally tally;
  tally.counted = {window.begin, window.begin};
  if (!cascade_.origin()) return tally;
  const Instant until = *cascade_.newest();
  if (window.end > until && window.end - until < 2 * resolution()) window.end = until;
  window.begin = std::max(window.begin, *cascade_.origin());
  if (window.begin >= window.end) return tally;
  tally.counted = window;

  const auto begin = edge_of(cascade_, window.begin, may_be_in_gap);
  const auto end = edge_of(cascade_, window.end, may_be_in_gap);
  const LedgerCount& before = begin.value;
  const LedgerCount& after = end.value;
  tally.total = after.total - before.total;
  tally.bad = after.bad - before.bad;
  const double elapsed = seconds(window.length());
  tally.measured_seconds = std::min(elapsed, (after.measured_cs - before.measured_cs) / 100.0);
  tally.missing_seconds = elapsed - tally.measured_seconds;
  tally.unknown_seconds =
      std::min(tally.missing_seconds, unknown_between(before.unknown_cs, after.unknown_cs));
  tally.edge_blur_seconds = seconds(begin.cut + end.cut);
  tally.edge_counted = sum(events_between(before, begin.most), events_between(end.least, after));
  tally.edge_left_out = sum(events_between(begin.least, before), events_between(after, end.most));
  return tally;
}

Events Ledger::lifetime() const {
  if (!cascade_.origin()) return {};
  const LedgerCount all = cascade_.at(*cascade_.newest());
  return {all.total, all.bad};
}

LedgerChanges Ledger::take_changes() {
  auto [changed, removed] = cascade_.take_changes();
  LedgerChanges changes{{}, std::move(removed)};
  changes.changed.reserve(changed.size());
  for (const auto& [at, count] : changed) {
    changes.changed.push_back({at, count.total, count.bad, count.measured_cs, count.unknown_cs});
  }
  return changes;
}

}  // namespace slod
