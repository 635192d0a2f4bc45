#include "lib/slo/ledger.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace slod {
namespace {

constexpr std::int64_t ledger_precision = 256;

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
  const auto part = std::llround(static_cast<std::int32_t>(difference) * share);
  return static_cast<std::uint32_t>(part);
}

/// Unknown time between two snapshots. What was recovered can leave it a rounding error below zero,
/// which is not taken for the 497 days that it wraps to.
double unknown_between(std::uint32_t earlier, std::uint32_t later) {
  constexpr std::uint32_t rounding_cs = 100'000;
  const std::uint32_t difference = later - earlier;
  return difference > std::uint32_t{0} - rounding_cs ? 0 : difference / 100.0;
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
  return {std::lerp(lower.total, upper.total, share), std::lerp(lower.bad, upper.bad, share),
          lower.measured_cs + share_of(upper.measured_cs - lower.measured_cs, share),
          lower.unknown_cs + share_of(upper.unknown_cs - lower.unknown_cs, share)};
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

  const LedgerCount before = cascade_.at(window.begin);
  const LedgerCount after = cascade_.at(window.end);
  tally.total = after.total - before.total;
  tally.bad = after.bad - before.bad;
  const double elapsed = seconds(window.length());
  tally.measured_seconds = std::min(elapsed, (after.measured_cs - before.measured_cs) / 100.0);
  tally.missing_seconds = elapsed - tally.measured_seconds;
  tally.unknown_seconds =
      std::min(tally.missing_seconds, unknown_between(before.unknown_cs, after.unknown_cs));
  tally.edge_blur_seconds = seconds(cascade_.blur(window.begin) + cascade_.blur(window.end));
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
