#include "lib/series/series_book.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <utility>

#include "lib/hash/fnv.h"
#include "lib/series/replica_samples.h"
#include "lib/series/sample_times.h"
#include "lib/series/state_bytes.h"
#include "lib/series/target_labels.h"
#include "lib/text/number.h"

namespace slod {
namespace {

/// No counter of events gets here: at 10^9 events a second it would take thirty years. Without a
/// bound a target could bring sums to infinity, which no later sample would heal.
constexpr double value_max = 1e18;

/// How long a series that is gone is remembered.
constexpr Duration remembered = std::chrono::hours(1);
/// How often those remembered for too long are looked for.
constexpr Duration forget_every = std::chrono::minutes(5);
/// How far in the future a timestamp may be: Prometheus's own bound.
constexpr Duration ahead_max = std::chrono::minutes(10);
/// How far in the past. Events of back then would alter what has been judged, and a timestamp in
/// seconds instead of milliseconds would let an SLO begin in 1970.
constexpr Duration behind_max = std::chrono::hours(1);
/// How long ago the last change of a counter may be that a target stamps with it.
constexpr Duration last_change_max = std::chrono::days(365);

/// Whether a counter rose so much that another one may answer in its place.
bool is_jump(double events, double value) {
  constexpr double least = 1000;
  constexpr double least_growth = 0.03;
  return events > least && events > least_growth * (value - events);
}

double bucket_bound(const Labels& labels) {
  return parse_number(labels.get("le")).value_or(std::nan(""));
}

}  // namespace

const std::vector<std::uint32_t> SeriesBook::Entry::no_demands;

SeriesBook::SeriesBook(std::shared_ptr<const Demand> demand, SourceOptions options)
    : options_(std::move(options)), demand_(std::move(demand)) {
  assert(demand_ != nullptr && options_.interval > Duration::zero());
  find_new_demands();
}

std::uint32_t SeriesBook::index_of(const std::string& metric, std::vector<Labels::Pair> exposed) {
  drop_labels(exposed, options_.replica_labels);
  const Labels labels =
      series_labels(std::move(exposed), options_.target_labels, options_.kind.exposed_labels_win);
  auto demands = demand_->matching(metric, labels);
  if (demands.empty()) return none;
  const std::string key = series_key(metric, labels);
  if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  ++added_;
  return add_entry(key, metric, labels, std::move(demands));
}

std::uint32_t SeriesBook::add_entry(std::string_view key, std::string_view metric,
                                    const Labels& labels, std::vector<std::uint32_t> demands) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
    states_.emplace_back();
  }
  const std::uint32_t index = unused_.back();
  unused_.pop_back();
  const auto placed = by_key_.emplace(key, index).first;
  entries_[index] = {
      .key = &placed->first,
      .le = bucket_bound(labels),
      .key_hash = fnv_hash(key),
      .family = processes_.add_series(metric, labels.get("job"), labels.get("instance")),
      .is_process_start = metric == process_start_metric};
  set_demands(entries_[index], std::move(demands));
  states_[index] = {};
  return index;
}

void SeriesBook::set_demands(Entry& entry, std::vector<std::uint32_t> demands) {
  entry.demands = &*demand_lists_.insert(std::move(demands)).first;
  entry.is_counted = demand_->counts(*entry.demands);
}

void SeriesBook::join_job(Instant last_read) {
  assert(!last_batch_);
  last_batch_ = last_read;
  joined_ = true;
  note_demands_seen();
}

BatchResult SeriesBook::record(SampleBatch batch) {
  BatchResult result;
  result.batch = std::move(batch);
  result.previous = last_batch_;
  result.added = std::exchange(added_, 0);
  if (!options_.replica_labels.empty()) {
    result.replicas = keep_newest(result.batch, states_.size());
    result.demanded = result.replicas;
  }
  if (!options_.honor_timestamps) ignore_timestamps(result.batch);
  std::vector<BatchSample>& samples = result.batch.samples;
  std::vector<HistogramPtr>& histograms = result.batch.histograms;
  result.observations.reserve(samples.size());
  irregular_.clear();
  started_.clear();
  jumped_ = false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!take(samples[i], result.batch.is_histogram(i), result)) continue;
    samples[kept] = samples[i];
    if (!histograms.empty()) histograms[kept] = histograms[i];
    ++kept;
  }
  samples.resize(kept);
  if (!histograms.empty()) histograms.resize(kept);
  judge_irregular(result);
  if (last_batch_ && result.batch.at > *last_batch_) {
    processes_.end_batch(result.batch.at - *last_batch_);
  }
  ++batches_;
  joined_ = false;
  last_batch_ = result.batch.at;
  live_ = result.live;
  if (result.added > 0) ++series_version_;
  end_series(result);
  note_demands_seen();
  return result;
}

/// Whether a sample is one that its series has now; its events, if any, go into `result`.
bool SeriesBook::take(const BatchSample& sample, bool is_histogram, BatchResult& result) {
  State& state = states_[sample.series];
  const Entry& entry = entries_[sample.series];
  const std::uint32_t this_batch = batches_ + 1;
  ++result.demanded;
  if (is_stale_marker(sample.value)) return false;  // as if it were not there
  if (state.last_batch == this_batch) {
    ++result.duplicates;
    return false;
  }
  const Instant now = result.batch.at;
  const std::uint32_t last_batch = state.last_batch;
  const bool is_known =
      last_batch != 0 && (last_batch == batches_ || now - state.ended <= remembered);
  if (!is_known) rise_to(sample.series, {});
  state.last_batch = this_batch;
  processes_.process_of(entry.family).in_batch(this_batch);
  ++result.live;

  const bool is_too_far_ahead = sample.at > now + ahead_max;
  const bool is_too_far_behind = sample.at < now - behind_max;
  const bool is_too_far = is_too_far_ahead || is_too_far_behind;
  const bool counts = entry.is_counted;
  if (entry.is_process_start) note_process_start(entry, sample.value);
  if (counts && (is_histogram || !(sample.value >= 0 && sample.value <= value_max))) {
    ++result.ignored_values;
    return !is_too_far;
  }
  if (is_too_far_ahead) ++result.too_far_ahead;
  if (is_too_far_behind && !(counts && stands_for_long(sample, now))) ++result.too_far_behind;
  const std::size_t before = result.observations.size();
  if (counts && !is_too_far) {
    count(sample, is_known ? last_batch : 0, result);
    bound_by_reads(sample, before, result);
  }
  return !is_too_far;
}

/// A target may stamp a counter with the time of its last change. While such a timestamp stands,
/// each read shows that nothing has happened, so what happens next happened since the last of them.
/// Of a server it shows nothing: there a timestamp is that of its last scrape.
void SeriesBook::bound_by_reads(const BatchSample& sample, std::size_t before,
                                BatchResult& result) {
  if (options_.kind.timing != Timing::by_reads || !sample.has_timestamp) return;
  State& state = states_[sample.series];
  const Instant now = result.batch.at;
  const bool is_old = now - sample.at > longest_step(Timing::by_samples, options_.interval);
  if (result.observations.size() > before) {
    Observation& observation = result.observations.back();
    Interval& when = observation.when;
    if (state.stood_until < when.end) when.begin = std::max(when.begin, state.stood_until);
    if (is_old && observation.kind == Observation::Kind::baseline) when = {now, now};
    if (is_old) state.stood_until = now;
  } else if (sample.at == state.counter.sampled) {
    state.stood_until = now;
  }
}

/// The same where the last change was too long ago for events of back then. The first such sample
/// is remembered, though it does not count. Whether this one is known already.
bool SeriesBook::stands_for_long(const BatchSample& sample, Instant now) {
  if (options_.kind.timing != Timing::by_reads || !sample.has_timestamp) return false;
  if (sample.at < now - last_change_max) return false;
  State& state = states_[sample.series];
  const bool is_known = state.counter.has_sample();
  if (is_known && sample.at != state.counter.sampled) return false;
  if (!is_known) state.counter.baseline(sample.value, sample.at);
  state.stood_until = now;
  return is_known;
}

void SeriesBook::shift_times(Duration by) {
  for (State& state : states_) {
    Counter& counter = state.counter;
    if (counter.has_sample() && counter.sampled != last_batch_) counter.sampled += by;
  }
}

/// What a usable sample of a series means in events, or a place for it where that is to be judged
/// with the whole batch.
/// `last_batch`: of its series; 0 where it is not known.
void SeriesBook::count(const BatchSample& sample, std::uint32_t last_batch, BatchResult& result) {
  State& state = states_[sample.series];
  const Entry& entry = entries_[sample.series];
  Counter& counter = state.counter;
  // A counter that began with this sample or later says nothing about the time before.
  const Instant start = sample.start < sample.at ? sample.start : no_start;
  Observation observation;
  std::optional<IrregularSample::Kind> irregular;
  const bool was_absent = last_batch != batches_;
  if (was_absent && last_batch < processes_.process_of(entry.family).began_in) {
    // It is another one than before: its process began again since its last sample.
    rise_to(sample.series, {});
    last_batch = 0;
  }
  if (counter.has_sample()) {
    if (sample.at < counter.sampled) ++result.out_of_order;
    if (sample.at <= counter.sampled) return;
    if (start > counter.sampled) {
      rise_to(sample.series, counter);
      observation = counter.restart(sample.value, sample.at, start);
      result.rules.add(Rule::start_time);
    } else if (sample.value < counter.value) {
      irregular = IrregularSample::Kind::fell;
    } else if (was_absent || state.is_low) {
      irregular = IrregularSample::Kind::returned;
    } else {
      observation = counter.advance(sample.value, sample.at);
      ProcessBook::Family& family = processes_.family(entry.family);
      family.events += observation.events;
      family.went_on = true;
      jumped_ = jumped_ || is_jump(observation.events, counter.value);
    }
  } else if (last_batch_ && start > *last_batch_) {
    observation = counter.born(sample.value, sample.at, start, options_.interval);
    result.rules.add(Rule::start_time);
  } else if (last_batch_ && last_batch == 0 && was_demanded(entry)) {
    irregular = IrregularSample::Kind::birth;
  } else {
    observation = counter.baseline(sample.value, sample.at);
  }
  observation.series = sample.series;
  if (irregular) {
    irregular_.push_back({.kind = *irregular,
                          .series = sample.series,
                          .observation = result.observations.size(),
                          .before = counter,
                          .last = state.is_low ? low_.at(sample.series).last : counter.value,
                          .value = sample.value,
                          .at = sample.at});
  }
  result.observations.push_back(observation);
}

/// Whether a series that is new in this batch, not the first, would have been in the one before.
bool SeriesBook::was_demanded(const Entry& entry) const {
  return std::ranges::any_of(*entry.demands,
                             [this](std::uint32_t id) { return !is_new_demand_[id]; });
}

/// Ends the series that are gone from the batch, and forgets those that ended over an hour ago.
void SeriesBook::end_series(BatchResult& result) {
  const Instant at = result.batch.at;
  if (live_ == by_key_.size()) return;
  const bool forgets = at - last_forgotten_ >= forget_every;
  if (forgets) last_forgotten_ = at;
  const std::size_t known = by_key_.size();
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    State& state = states_[i];
    if (!entries_[i].is_used() || state.last_batch == batches_) continue;
    if (state.last_batch + 1 == batches_) {
      state.ended = at;
      result.ended.push_back(i);
    } else if (forgets && at - state.ended > remembered) {
      remove_entry(i);
    }
  }
  if (by_key_.size() != known) ++series_version_;
}

void SeriesBook::remove_entry(std::uint32_t index) {
  ++removals_;
  by_key_.erase(by_key_.find(*entries_[index].key));
  processes_.remove_series(entries_[index].family);
  low_.erase(index);
  entries_[index] = {};
  states_[index] = {};
  unused_.push_back(index);
}

Series SeriesBook::series(std::uint32_t index) const {
  const Entry& entry = entries_[index];
  auto named = ByteReader(*entry.key).series();
  assert(named);
  return {.metric = std::move(named->metric),
          .labels = std::move(named->labels),
          .demands = *entry.demands,
          .le = entry.le};
}

std::vector<bool> SeriesBook::demands_met() const {
  return demands_met(false);
}

std::vector<bool> SeriesBook::demands_in_last_batch() const {
  return demands_met(true);
}

std::vector<bool> SeriesBook::demands_met(bool in_last_batch) const {
  std::vector<bool> met(demand_->selectors().size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_used() || (in_last_batch && states_[i].last_batch != batches_)) continue;
    for (const std::uint32_t id : *entries_[i].demands) met[id] = true;
  }
  return met;
}

void SeriesBook::set_demand(std::shared_ptr<const Demand> demand) {
  assert(demand != nullptr);
  if (demand == demand_) return;
  demand_ = std::move(demand);
  keep_seen_demands();
  const auto lists_before = std::exchange(demand_lists_, {});
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_used()) continue;
    const Series known = series(i);
    auto demands = demand_->matching(known.metric, known.labels);
    if (demands.empty()) {
      if (states_[i].last_batch == batches_) --live_;
      remove_entry(i);
    } else {
      set_demands(entries_[i], std::move(demands));
      if (!entries_[i].is_counted) rise_to(i, {});
    }
  }
  ++series_version_;
}

/// Of the demands that the last batch had, those in force now are the ones that go on.
void SeriesBook::keep_seen_demands() {
  std::set<std::string> kept;
  for (const auto& selector : demand_->selectors()) {
    if (std::string text = selector.text(); seen_demands_.contains(text)) {
      kept.insert(std::move(text));
    }
  }
  seen_demands_ = std::move(kept);
  find_new_demands();
}

/// After a batch: every demand in force has had its first.
void SeriesBook::note_demands_seen() {
  if (std::ranges::none_of(is_new_demand_, std::identity())) return;
  for (const auto& selector : demand_->selectors()) seen_demands_.insert(selector.text());
  find_new_demands();
  ++series_version_;
}

void SeriesBook::find_new_demands() {
  is_new_demand_.clear();
  for (const auto& selector : demand_->selectors()) {
    is_new_demand_.push_back(!seen_demands_.contains(selector.text()));
  }
}

}  // namespace slod
