// The state of a SeriesBook as bytes. Two parts, because the texts of the series are large and
// seldom change, while their values are small and change with every batch.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "lib/hash/fnv.h"
#include "lib/series/series_book.h"
#include "lib/series/state_bytes.h"

namespace slod {
namespace {

constexpr std::string_view series_head = "slod series 1\n";
constexpr std::string_view values_head = "slod values 1\n";
constexpr std::size_t value_bytes = 8 + 8 + 4;

std::uint64_t as_u64(Instant at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

/// nullopt for a time that no clock shows: beyond the year 9999, as on a page.
std::optional<Instant> as_instant(std::optional<std::uint64_t> bits) {
  constexpr std::int64_t ms_max = 253'402'300'799'999;
  if (!bits) return std::nullopt;
  const auto ms = static_cast<std::int64_t>(*bits);
  if (ms > ms_max || ms < -ms_max) return std::nullopt;
  return Instant(Duration(ms));
}

/// What else decides which series a sample is of, and what the first one of a series means.
std::string options_text(const SourceOptions& options) {
  return fmt::format("{} {}", to_text(options.target_labels), options.kind.state_text);
}

/// Continues the fingerprint of a list of series by one more.
std::uint64_t with_key(std::uint64_t fingerprint, std::uint64_t key_hash) {
  return (std::rotl(fingerprint, 5) ^ key_hash) * 1099511628211U;
}

struct StoredSeries {
  struct One {
    std::string_view key;
    std::string metric;
    Labels labels;
  };
  std::set<std::string> demands;
  std::vector<One> series;
  std::uint64_t fingerprint = fnv_start;
};

struct StoredValues {
  struct One {
    Counter counter;
    Instant ended;  ///< meaningless if it is in the last batch
    bool in_last_batch = false;
  };
  std::optional<Instant> last_batch;
  std::vector<One> values;
};

std::expected<StoredSeries, std::string> parse_series(std::string_view bytes,
                                                      const SourceOptions& options) {
  const auto damaged = [] { return std::unexpected("its stored series are damaged"); };
  ByteReader reader(bytes);
  if (!reader.skip(series_head)) {
    return std::unexpected("its stored series are not in format 1");
  }
  const auto stored_options = reader.text();
  if (!stored_options) return damaged();
  if (*stored_options != options_text(options)) {
    return std::unexpected(fmt::format("its target labels or its kind changed from {} to {}",
                                       *stored_options, options_text(options)));
  }
  StoredSeries stored;
  const auto demands = reader.u32();
  if (!demands) return damaged();
  for (std::uint32_t i = 0; i < *demands; ++i) {
    const auto text = reader.text();
    if (!text) return damaged();
    stored.demands.emplace(*text);
  }
  const auto count = reader.u32();
  if (!count) return damaged();
  std::set<std::string_view> keys;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const std::size_t begin = bytes.size() - reader.left_bytes();
    auto named = reader.series();
    if (!named) return damaged();
    const auto key = bytes.substr(begin, bytes.size() - reader.left_bytes() - begin);
    if (!keys.insert(key).second) return damaged();
    stored.fingerprint = with_key(stored.fingerprint, fnv_hash(key));
    stored.series.push_back({key, std::move(named->metric), std::move(named->labels)});
  }
  if (reader.left_bytes() != 0) return damaged();
  return stored;
}

std::optional<StoredValues::One> parse_value(ByteReader& reader, Instant last_batch) {
  const auto value = reader.float64();
  const auto sampled = as_instant(reader.u64());
  const auto age_ms = reader.u32();
  if (!value || !sampled || !age_ms || *value < 0 || std::isinf(*value)) return std::nullopt;
  return StoredValues::One{.counter = {.value = *value, .sampled = *sampled},
                           .ended = last_batch + Duration(1) - Duration(*age_ms),
                           .in_last_batch = *age_ms == 0};
}

std::expected<StoredValues, std::string> parse_values(std::string_view bytes,
                                                      const StoredSeries& series) {
  const auto damaged = [] { return std::unexpected("its stored values are damaged"); };
  ByteReader reader(bytes);
  if (!reader.skip(values_head)) {
    return std::unexpected("its stored values are not in format 1");
  }
  const auto fingerprint = reader.u64();
  const auto has_batch = reader.u32();
  const auto last_batch = as_instant(reader.u64());
  if (!fingerprint || !has_batch || !last_batch) return damaged();
  const std::size_t count = series.series.size();
  if (*fingerprint != series.fingerprint || reader.left_bytes() != count * value_bytes) {
    return std::unexpected(
        fmt::format("its stored values do not belong to its {} stored series", count));
  }
  if (*has_batch > 1 || (*has_batch == 0 && count > 0)) return damaged();
  StoredValues stored;
  if (*has_batch == 1) stored.last_batch = *last_batch;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = parse_value(reader, *last_batch);
    if (!value) return damaged();
    stored.values.push_back(*value);
  }
  return stored;
}

/// State of before the labels were no part of a series may have them still.
Labels without_labels(Labels labels, const std::vector<std::string>& names) {
  for (const std::string& name : names) labels.set(name, "");
  return labels;
}

}  // namespace

/// Whether the timestamp of a counter was so old at a read of a target that it must have stood.
bool SeriesBook::stood_at(Instant read, const Counter& counter) const {
  return options_.kind.timing == Timing::by_reads && counter.has_sample() &&
         read - counter.sampled > longest_step(Timing::by_samples, options_.interval);
}

/// Whether the process of a series that is gone began again after its last sample: what comes back
/// under its name is another counter.
bool SeriesBook::has_begun_again_since(std::uint32_t series) const {
  const State& state = states_[series];
  return state.last_batch != batches_ &&
         state.last_batch < processes_.process_of(entries_[series].family).began_in;
}

/// Of what turns out to be replicas of one series, the one with the newest sample is it.
void SeriesBook::restore_entry(std::string_view metric, const Labels& labels,
                               std::vector<std::uint32_t> demands, const State& state) {
  const std::string key = series_key(metric, labels);
  const auto known = by_key_.find(key);
  const bool is_new = known == by_key_.end();
  const std::uint32_t index =
      is_new ? add_entry(key, metric, labels, std::move(demands)) : known->second;
  State& kept = states_[index];
  if (!is_new && state.counter.sampled <= kept.counter.sampled) return;
  if (kept.last_batch == batches_) --live_;
  kept = state;
  if (kept.last_batch != batches_) return;
  ++live_;
  processes_.process_of(entries_[index].family).in_batch(batches_);
}

/// The texts of the demands that want events and have had a batch.
std::set<std::string> SeriesBook::seen_and_counted_demands() const {
  std::set<std::string> texts;
  for (std::uint32_t id = 0; id < demand_->selectors().size() && demand_->counts(id); ++id) {
    std::string text = demand_->selectors()[id].text();
    if (seen_demands_.contains(text)) texts.insert(std::move(text));
  }
  return texts;
}

std::string SeriesBook::series_bytes() const {
  std::string bytes(series_head);
  put_text(bytes, options_text(options_));
  // A series that only had samples until a restart must not look as if it had been counted.
  const std::set<std::string> counted_demands = seen_and_counted_demands();
  put_u32(bytes, static_cast<std::uint32_t>(counted_demands.size()));
  for (const auto& text : counted_demands) put_text(bytes, text);
  put_u32(bytes, static_cast<std::uint32_t>(std::ranges::count_if(entries_, &Entry::is_counted)));
  for (const auto& entry : entries_) {
    if (entry.is_counted) bytes += *entry.key;
  }
  return bytes;
}

std::string SeriesBook::values_bytes() const {
  std::uint64_t fingerprint = fnv_start;
  for (const auto& entry : entries_) {
    if (entry.is_counted) fingerprint = with_key(fingerprint, entry.key_hash);
  }
  const Instant last_batch = last_batch_.value_or(Instant());
  std::string bytes(values_head);
  bytes.reserve(bytes.size() + 20 + by_key_.size() * value_bytes);
  put_u64(bytes, fingerprint);
  put_u32(bytes, last_batch_ ? 1 : 0);
  put_u64(bytes, as_u64(last_batch));
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].is_counted) continue;
    const bool is_over = has_begun_again_since(i);
    const State& state = states_[i];
    put_double(bytes, is_over ? std::numeric_limits<double>::quiet_NaN() : state.counter.value);
    put_u64(bytes, as_u64(state.counter.sampled));
    // 0 stands for a series in the last batch; for another, its age since it ended, and 1 ms.
    constexpr std::int64_t age_max = std::numeric_limits<std::uint32_t>::max();
    const std::int64_t ended_ms = std::clamp((last_batch - state.ended).count() + 1, 1L, age_max);
    const std::int64_t age_ms = is_over ? age_max : ended_ms;
    put_u32(bytes, state.last_batch == batches_ ? 0 : static_cast<std::uint32_t>(age_ms));
  }
  return bytes;
}

std::expected<void, std::string> SeriesBook::restore(std::string_view series_bytes,
                                                     std::string_view values_bytes) {
  auto series = parse_series(series_bytes, options_);
  if (!series) return std::unexpected(std::move(series.error()));
  const auto values = parse_values(values_bytes, *series);
  if (!values) return std::unexpected(values.error());

  entries_.clear();
  states_.clear();
  unused_.clear();
  by_key_.clear();
  demand_lists_.clear();
  processes_.clear();
  low_.clear();
  last_batch_ = values->last_batch;
  batches_ = last_batch_ ? 2 : 0;  // the last one, and one for series that were gone from it
  live_ = 0;
  for (std::size_t i = 0; i < series->series.size(); ++i) {
    StoredSeries::One& one = series->series[i];
    const Labels labels = without_labels(std::move(one.labels), options_.replica_labels);
    auto demands = demand_->matching(one.metric, labels);
    if (demands.empty()) continue;
    const auto& [counter, ended, in_last_batch] = values->values[i];
    State state{.counter = counter, .ended = ended, .last_batch = in_last_batch ? batches_ : 1};
    if (in_last_batch && stood_at(*last_batch_, counter)) state.stood_until = *last_batch_;
    restore_entry(one.metric, labels, std::move(demands), state);
  }
  seen_demands_ = std::move(series->demands);
  keep_seen_demands();
  ++series_version_;
  return {};
}

bool SeriesBook::bring_back(Instant now) {
  bool any = false;
  const auto limit = [&](Instant& at) {
    if (at <= now) return;
    at = now;
    any = true;
  };
  if (last_batch_) limit(*last_batch_);
  for (State& state : states_) {
    limit(state.counter.sampled);
    limit(state.ended);
  }
  return any;
}

}  // namespace slod
