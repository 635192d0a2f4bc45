#include "lib/series/source_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <utility>

#include "lib/hash/fnv.h"
#include "lib/series/state_bytes.h"
#include "lib/series/target_labels.h"
#include "lib/text/number.h"

namespace slod {
namespace {

/// No counter of events gets here: at 10^9 events a second it would take thirty years. Without a
/// bound a target could bring sums to infinity, which no later sample would heal.
constexpr double value_max = 1e18;

/// How long a series that is gone from the page is remembered.
constexpr Duration remembered = std::chrono::hours(1);
/// How often those remembered for too long are looked for.
constexpr Duration forget_every = std::chrono::minutes(5);
/// How far in the future a timestamp may be: Prometheus's own bound.
constexpr Duration ahead_max = std::chrono::minutes(10);
/// How far in the past. Events of back then would alter what has been judged, and a timestamp in
/// seconds instead of milliseconds would let an SLO begin in 1970.
constexpr Duration behind_max = std::chrono::hours(1);

double bucket_bound(const Labels& labels) {
  return parse_number(labels.get("le")).value_or(std::nan(""));
}

}  // namespace

const std::vector<std::uint32_t> SourceReader::Entry::no_demands;

SourceReader::SourceReader(std::shared_ptr<const Demand> demand, SourceOptions options)
    : options_(std::move(options)), demand_(std::move(demand)) {
  assert(demand_ != nullptr && options_.interval > Duration::zero());
  find_new_demands();
}

std::expected<Read, ReadError> SourceReader::read(std::string_view page, Instant at) {
  const auto samples = parse(page);
  if (!samples) return std::unexpected(samples.error());

  Read read;
  read.previous = last_read_;
  read.samples = *samples;
  read.observations.reserve(pending_.size());
  read.demanded_samples.reserve(pending_.size());
  if (options_.is_federation) find_previous_targets();
  resolve_lines(read);
  for (const Pending& pending : pending_) {
    const std::uint32_t index = lines_.series(pending.line);
    if (index != LineTable::none) observe(pending, index, at, read);
  }
  ++pages_;
  last_read_ = at;
  live_ = read.live;
  if (read.added > 0) ++series_version_;
  lines_.end_page();
  texts_ = {};  // the first page has many, and later ones hardly any
  end_series(at, read.ended);
  note_demands_read();
  return read;
}

/// Puts the samples of demanded metrics into pending_ and returns how many samples the page has.
std::expected<std::size_t, ReadError> SourceReader::parse(std::string_view page) {
  pending_.clear();
  texts_.clear();
  TextReader reader(page, [this](std::string_view metric) { return demand_->wants(metric); });
  const auto too_many = [&] {
    return options_.sample_limit > 0 && reader.samples() > options_.sample_limit;
  };
  TextSample sample;
  std::uint32_t predicted = lines_.after(LineTable::none);
  while (!too_many()) {
    const bool predicts = predicted != LineTable::none;
    const auto more = reader.next(predicts ? lines_.text(predicted) : std::string_view(), sample);
    if (!more) {
      return std::unexpected(
          ReadError{ReadError::Reason::malformed, more.error().line, more.error().message});
    }
    if (!*more) break;
    const std::uint32_t line = sample.predicted ? predicted : lines_.find(sample.series);
    const auto text = static_cast<std::uint32_t>(texts_.size());
    pending_.push_back({.line = line, .text = text, .value = sample.value, .at = sample.at});
    if (line == LineTable::none) {
      texts_.push_back(sample);  // a line that is new between two others: keep the prediction
    } else {
      predicted = lines_.after(line);
    }
  }
  if (too_many()) {
    return std::unexpected(
        ReadError{ReadError::Reason::too_many_samples, 0,
                  fmt::format("expected at most {} samples on a page (sample_limit), found more",
                              options_.sample_limit)});
  }
  return reader.samples();
}

/// Gives each pending sample its line, and each new line its series.
void SourceReader::resolve_lines(Read& read) {
  lines_.begin_page();
  for (Pending& pending : pending_) {
    if (pending.line == LineTable::none) {
      const TextSample& text = texts_[pending.text];
      pending.line = lines_.find(text.series);
      if (pending.line == LineTable::none) {
        pending.line = lines_.add(text.series, series_of(text, read));
      }
    }
    lines_.pass(pending.line);
  }
}

/// The series of a line seen for the first time; none if it is not demanded.
std::uint32_t SourceReader::series_of(const TextSample& text, Read& read) {
  const std::string metric(metric_name(text));
  const Labels labels =
      series_labels(exposed_labels(text), options_.target_labels, options_.honor_labels);
  auto demands = demand_->matching(metric, labels);
  if (demands.empty()) return LineTable::none;
  const std::string key = series_key(metric, labels);
  if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  ++read.added;
  return add_entry(key, labels, std::move(demands));
}

std::uint32_t SourceReader::add_entry(std::string_view key, const Labels& labels,
                                      std::vector<std::uint32_t> demands) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
    states_.emplace_back();
  }
  const std::uint32_t index = unused_.back();
  unused_.pop_back();
  const auto placed = by_key_.emplace(key, index).first;
  entries_[index] = {.key = &placed->first,
                     .demands = &*demand_lists_.insert(std::move(demands)).first,
                     .le = bucket_bound(labels),
                     .key_hash = fnv_hash(key)};
  states_[index] = {};
  return index;
}

/// What one sample of a series means, now that the page is known to be whole.
void SourceReader::observe(const Pending& pending, std::uint32_t index, Instant at, Read& read) {
  State& state = states_[index];
  const std::uint64_t this_page = pages_ + 1;
  ++read.demanded;
  if (state.last_page == this_page) {
    ++read.duplicates;
    return;
  }
  const bool on_last_page = state.last_page == pages_;
  const bool known = state.last_page != 0 && (on_last_page || at - state.ended <= remembered);
  if (!known) state.counter = {};
  state.last_page = this_page;
  ++read.live;

  const Instant sampled = pending.at.value_or(at);
  const bool is_too_far_ahead = sampled > at + ahead_max;
  const bool is_too_far_behind = sampled < at - behind_max;
  if (!is_too_far_ahead && !is_too_far_behind) {
    read.demanded_samples.push_back({.series = index,
                                     .at = sampled,
                                     .value = pending.value,
                                     .has_timestamp = pending.at.has_value()});
  }
  const bool counts = is_counted(entries_[index]);
  if (counts && !(pending.value >= 0 && pending.value <= value_max)) {
    ++read.ignored_values;
    return;
  }
  if (is_too_far_ahead) ++read.too_far_ahead;
  if (is_too_far_behind) ++read.too_far_behind;
  if (!counts || is_too_far_ahead || is_too_far_behind) return;
  Counter& counter = state.counter;
  Observation observation;
  if (counter.has_sample()) {
    if (sampled < counter.sampled) ++read.out_of_order;
    if (sampled <= counter.sampled) return;
    observation = counter.advance(pending.value, sampled);
  } else if (!known && last_read_ && began_at_zero(entries_[index])) {
    observation = counter.born(pending.value, sampled, *last_read_, options_.interval);
  } else {
    observation = counter.baseline(pending.value, sampled);
  }
  observation.series = index;
  read.observations.push_back(observation);
}

/// Whether a series that is new on this page, not the first, must have begun since the last read.
bool SourceReader::began_at_zero(const Entry& entry) const {
  const bool was_demanded =
      std::ranges::any_of(*entry.demands, [this](std::uint32_t id) { return !is_new_demand_[id]; });
  if (!was_demanded) return false;
  if (!options_.is_federation) return true;
  return targets_.contains(
      {std::string(key_label(*entry.key, "job")), std::string(key_label(*entry.key, "instance"))});
}

/// Notes which targets the previous page had series of. Needed only where a series may be new to
/// the page: a line not known, or more series known than were on the previous page.
void SourceReader::find_previous_targets() {
  targets_.clear();
  if (!last_read_ || (texts_.empty() && live_ == by_key_.size())) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_used() || states_[i].last_page != pages_) continue;
    const std::string& key = *entries_[i].key;
    targets_.emplace(key_label(key, "job"), key_label(key, "instance"));
  }
}

/// Ends the series that are gone from the page, and forgets those that ended over an hour ago.
void SourceReader::end_series(Instant at, std::vector<std::uint32_t>& ended) {
  if (live_ == by_key_.size()) return;
  const bool forgets = at - last_forgotten_ >= forget_every;
  if (forgets) last_forgotten_ = at;
  const std::size_t known = by_key_.size();
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    State& state = states_[i];
    if (!entries_[i].is_used() || state.last_page == pages_) continue;
    if (state.last_page + 1 == pages_) {
      state.ended = at;
      ended.push_back(i);
    } else if (forgets && at - state.ended > remembered) {
      remove_entry(i);
    }
  }
  if (by_key_.size() == known) return;
  lines_.drop_old();
  ++series_version_;
}

void SourceReader::remove_entry(std::uint32_t index) {
  by_key_.erase(by_key_.find(*entries_[index].key));
  entries_[index] = {};
  states_[index] = {};
  unused_.push_back(index);
}

Series SourceReader::series(std::uint32_t index) const {
  const Entry& entry = entries_[index];
  auto named = ByteReader(*entry.key).series();
  assert(named);
  return {.metric = std::move(named->metric),
          .labels = std::move(named->labels),
          .demands = *entry.demands,
          .le = entry.le};
}

std::vector<bool> SourceReader::demands_met() const {
  return demands_met(false);
}

std::vector<bool> SourceReader::demands_on_last_page() const {
  return demands_met(true);
}

std::vector<bool> SourceReader::demands_met(bool on_last_page) const {
  std::vector<bool> met(demand_->selectors().size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_used() || (on_last_page && states_[i].last_page != pages_)) continue;
    for (const std::uint32_t id : *entries_[i].demands) met[id] = true;
  }
  return met;
}

void SourceReader::set_demand(std::shared_ptr<const Demand> demand) {
  assert(demand != nullptr);
  if (demand == demand_) return;
  demand_ = std::move(demand);
  note_kept_demands();
  const auto lists_before = std::exchange(demand_lists_, {});
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_used()) continue;
    const Series known = series(i);
    auto demands = demand_->matching(known.metric, known.labels);
    if (demands.empty()) {
      if (states_[i].last_page == pages_) --live_;
      remove_entry(i);
    } else {
      entries_[i].demands = &*demand_lists_.insert(std::move(demands)).first;
      if (!is_counted(entries_[i])) states_[i].counter = {};
    }
  }
  lines_.clear();
  ++series_version_;
}

/// Of the demands that the last read had, those in force now are the ones that go on.
void SourceReader::note_kept_demands() {
  std::set<std::string> kept;
  for (const auto& selector : demand_->selectors()) {
    if (std::string text = selector.text(); read_demands_.contains(text)) {
      kept.insert(std::move(text));
    }
  }
  read_demands_ = std::move(kept);
  find_new_demands();
}

/// After a read: every demand in force has had its first.
void SourceReader::note_demands_read() {
  if (std::ranges::none_of(is_new_demand_, std::identity())) return;
  for (const auto& selector : demand_->selectors()) read_demands_.insert(selector.text());
  find_new_demands();
  ++series_version_;
}

void SourceReader::find_new_demands() {
  is_new_demand_.clear();
  for (const auto& selector : demand_->selectors()) {
    is_new_demand_.push_back(!read_demands_.contains(selector.text()));
  }
}

}  // namespace slod
