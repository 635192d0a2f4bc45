#include "lib/slo/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cassert>
#include <cmath>
#include <variant>

#include "lib/json/text.h"
#include "lib/sketch/bucket_quantile.h"
#include "lib/sketch/limits.h"
#include "lib/slo/budget.h"
#include "lib/slo/exact_numbers.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr std::int64_t state_version = 1;

/// A calendar window needs the longest that its period can be, with a clock change in it.
Duration longest(const Window& window) {
  const auto* calendar = std::get_if<CalendarWindow>(&window);
  if (!calendar) return nominal_length(window);
  constexpr Duration clock_change = std::chrono::hours(1);
  switch (calendar->period) {
    case CalendarPeriod::day:
      return std::chrono::days(1) + clock_change;
    case CalendarPeriod::week:
      return std::chrono::days(7) + clock_change;
    case CalendarPeriod::month:
      return std::chrono::days(31) + clock_change;
    case CalendarPeriod::quarter:
      return std::chrono::days(92) + clock_change;
    case CalendarPeriod::year:
      return std::chrono::days(366) + clock_change;
  }
  return nominal_length(window);
}

Duration retention_of(const SloDefinition& definition, Duration longest_window) {
  return std::max(longest(definition.window), longest_window);
}

std::optional<Slicer> slicer_of(const Sli& sli) {
  if (const auto* latency = std::get_if<LatencySliceSli>(&sli)) return Slicer(*latency);
  if (const auto* throughput = std::get_if<ThroughputSli>(&sli)) return Slicer(*throughput);
  return std::nullopt;
}

std::optional<SliceQueue> queue_of(const SloDefinition& definition) {
  if (!definition.is_evaluated()) return std::nullopt;
  return SliceQueue(*definition.slice());
}

const promql::Selector* histogram_of(const Sli& sli) {
  if (const auto* latency = std::get_if<LatencySli>(&sli)) return &latency->histogram;
  if (const auto* latency = std::get_if<LatencySliceSli>(&sli)) return &latency->histogram;
  return nullptr;
}

/// What a tracker's state holds for the ledger and the buckets.
struct CountingState {
  std::optional<Instant> observed_since;
  std::vector<double> bounds;
  json::value slices;
};

std::expected<CountingState, std::string> parse_state(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* object = error ? nullptr : value.if_object();
  if (!object) return std::unexpected("expected the state to be a JSON object");
  const json::value* version = object->if_contains("version");
  if (!version || *version != state_version) {
    return std::unexpected(fmt::format("expected state of version {}, found {}", state_version,
                                       version ? json_text(*version) : "none"));
  }
  const json::value* since = object->if_contains("observed_since_ms");
  if (!since || !(since->is_null() || since->is_int64())) {
    return std::unexpected("expected observed_since_ms to be a whole number or null");
  }
  const auto bounds = read_exact_numbers(object->if_contains("bucket_bounds"));
  if (!bounds || !strictly_ascending(*bounds) || (!bounds->empty() && bounds->back() != infinity)) {
    return std::unexpected("expected bucket_bounds to be ascending and end in \"+Inf\"");
  }
  CountingState state;
  if (since->is_int64()) state.observed_since = Instant(Duration(since->get_int64()));
  state.bounds = *bounds;
  if (const json::value* slices = object->if_contains("slices")) state.slices = *slices;
  return state;
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
      queue_(queue_of(definition_)) {}

std::expected<Tracker, std::string> Tracker::restore(SloDefinition definition, Duration resolution,
                                                     Duration longest_window,
                                                     std::string_view state,
                                                     std::span<const LedgerRow> ledger_rows,
                                                     std::span<const BucketRow> bucket_rows) {
  const auto counting = parse_state(state);
  if (!counting) return std::unexpected(counting.error());
  const auto& [since, bounds, slices] = *counting;
  for (const BucketRow& row : bucket_rows) {
    if (row.counts.size() == bounds.size()) continue;
    return std::unexpected(
        fmt::format("expected {} bucket counts, as many as bounds, found {} at {}", bounds.size(),
                    row.counts.size(), format_instant(row.at)));
  }
  const Duration retention = retention_of(definition, longest_window);
  const bool has_buckets = histogram_of(definition.sli) != nullptr;
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
  return tracker;
}

std::vector<Demanded> demands(const SloDefinition& definition) {
  std::vector<Demanded> wanted;
  const auto want = [&wanted](const EventSum& sum, Role role) {
    for (const auto& [selector, subtracted] : sum.terms) {
      wanted.push_back({selector, role, subtracted});
    }
  };
  if (const auto* availability = std::get_if<AvailabilitySli>(&definition.sli)) {
    want(availability->total, Role::total);
    if (availability->good) want(*availability->good, Role::good);
    if (availability->bad) want(*availability->bad, Role::bad);
  } else if (const auto* throughput = std::get_if<ThroughputSli>(&definition.sli)) {
    want(throughput->total, Role::total);
  } else if (const promql::Selector* histogram = histogram_of(definition.sli)) {
    promql::Selector buckets = *histogram;
    buckets.metric += "_bucket";
    wanted.push_back({std::move(buckets), Role::bucket});
  }
  return wanted;
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
  if (histogram_of(definition_.sli)) buckets_.begin(first_read);
}

void Tracker::count(Role role, double le, double events, Interval when) {
  if (!std::isfinite(events)) return;
  Noted& noted = noted_[{when.begin, when.end}];
  switch (role) {
    case Role::total:
      noted.total += events;
      break;
    case Role::good:
      noted.good += events;
      break;
    case Role::bad:
      noted.bad += events;
      break;
    case Role::bucket:
      noted.buckets.count(le, events);
      break;
    case Role::value:
      break;
  }
}

Events Tracker::events_of(const Noted& noted) const {
  if (const auto* latency = std::get_if<LatencySli>(&definition_.sli)) {
    const BucketCounts& buckets = noted.buckets;
    const double under = count_at_or_below(buckets.bounds, buckets.counts, latency->below_seconds);
    return {buckets.total(), buckets.total() - under};
  }
  const auto* availability = std::get_if<AvailabilitySli>(&definition_.sli);
  if (availability && availability->bad) return {noted.total, noted.bad};
  return {noted.total, noted.total - noted.good};
}

void Tracker::record() {
  for (auto& [interval, noted] : noted_) {
    const Interval when{interval.first, interval.second};
    if (histogram_of(definition_.sli)) {
      buckets_.record(when, noted.buckets);
    } else if (slicer_) {
      noted.buckets.count(infinity, noted.total);
    }
    if (slicer_) {
      slicer_->add(when, noted.buckets);
    } else {
      ledger_.record(when, events_of(noted));
    }
  }
  noted_.clear();
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
  if (queue_) {
    queue_->close(watermark);
    settle_missing();
  }
  if (!slicer_) return;
  for (const ClosedSlice& slice : slicer_->close(watermark)) {
    const bool good = slice.outcome == SliceOutcome::good;
    const bool bad = slice.outcome == SliceOutcome::bad;
    if (good || bad) ledger_.record(slice.when, {1, bad ? 1.0 : 0.0});
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
  const double measured = value.kind == SliceValue::Kind::missing ? 0 : due->measured_share;
  ledger_.account(slice, measured, 1 - measured);
  if (value.kind == SliceValue::Kind::counted) ledger_.record(slice, value.events);
  settle_missing();
  return true;
}

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
  if (histogram_of(definition_.sli)) {
    const auto* slices = std::get_if<LatencySliceSli>(&definition_.sli);
    const double q = slices ? slices->quantile : 0.99;
    if (const auto quantile = buckets_.quantile(asked, q)) reading.latency = {q, *quantile};
  }
  return reading;
}

std::string Tracker::state() const {
  json::object state{{"version", state_version}, {"observed_since_ms", nullptr}};
  if (const auto since = ledger_.observed_since()) {
    state["observed_since_ms"] = since->time_since_epoch().count();
  }
  state["bucket_bounds"] = exact_numbers(buckets_.bounds());
  if (slicer_) state["slices"] = slicer_->state();
  if (queue_) state["slices"] = queue_->state();
  return json_text(state);
}

TrackerChanges Tracker::take_changes() {
  LedgerChanges ledger = ledger_.take_changes();
  BucketChanges buckets = buckets_.take_changes();
  return {std::move(ledger.changed), std::move(ledger.removed), std::move(buckets.changed),
          std::move(buckets.removed)};
}

}  // namespace slod
