#include "lib/series/recent_samples.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace slod {
namespace {

/// Samples until a chunk is full: half an hour at 15 s.
constexpr std::size_t chunk_samples = 120;
/// What a series costs besides its chunks and label texts, roughly.
constexpr std::size_t series_bytes = 512;
constexpr std::size_t chunk_bytes = 96;
constexpr Duration sweep_every = std::chrono::minutes(1);
/// No want of memory takes what is younger, or instant queries would find nothing.
constexpr Duration age_least = std::chrono::minutes(5);

std::size_t memory_of(const Labels& labels) {
  std::size_t bytes = series_bytes;
  for (const auto& [name, value] : labels.pairs()) bytes += 64 + name.size() + value.size();
  return bytes;
}

/// Asks at every hundredth series whether the result is still wanted.
class Pause {
 public:
  explicit Pause(const IsUnwanted& is_unwanted) : is_unwanted_(is_unwanted) {}

  bool is_unwanted() { return count_++ % 100 == 0 && is_unwanted_ && is_unwanted_(); }

 private:
  const IsUnwanted& is_unwanted_;
  std::size_t count_ = 0;
};

class View : public SampleSource {
 public:
  struct Series {
    std::shared_ptr<const Labels> labels;
    std::vector<std::shared_ptr<const SampleChunk>> chunks;
  };

  explicit View(std::vector<Series> series) : series_(std::move(series)) {}

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override {
    std::vector<SampleRun> runs;
    Pause pause(is_unwanted);
    for (const Series& series : series_) {
      if (pause.is_unwanted()) break;
      if (!satisfies(*series.labels, matchers)) continue;
      SampleRun run;
      std::size_t samples = 0;
      for (const auto& chunk : series.chunks) samples += chunk->size();
      run.times.reserve(samples);
      run.values.reserve(samples);
      for (const auto& chunk : series.chunks) chunk->read(range, run.times, run.values);
      if (run.times.empty()) continue;
      run.labels = *series.labels;
      runs.push_back(std::move(run));
    }
    return runs;
  }

  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& is_unwanted) const override {
    std::vector<Labels> found;
    Pause pause(is_unwanted);
    for (const Series& series : series_) {
      if (pause.is_unwanted()) break;
      const bool has_samples = std::ranges::any_of(series.chunks, [&](const auto& chunk) {
        return chunk->last() >= range.begin && chunk->first() <= range.end;
      });
      if (has_samples && satisfies(*series.labels, matchers)) found.push_back(*series.labels);
    }
    return found;
  }

 private:
  std::vector<Series> series_;
};

/// What is looked for among the series of one metric, or of all.
struct Wanted {
  std::string metric;  ///< empty: of all
  std::span<const promql::Matcher> matchers;
};

/// The selections, each metric once: where several select from the same one, all of it is taken, so
/// that what a view costs does not grow with what is asked for.
std::vector<Wanted> united_by_metric(std::span<const std::vector<promql::Matcher>> selections) {
  std::map<std::string, std::span<const promql::Matcher>> united;
  for (const auto& matchers : selections) {
    const std::string* metric = named_metric(matchers);
    const auto [found, is_new] =
        united.try_emplace(metric == nullptr ? std::string() : *metric, matchers);
    if (!is_new) found->second = {};
  }
  std::vector<Wanted> wanted;
  wanted.reserve(united.size());
  for (const auto& [metric, matchers] : united) wanted.push_back({metric, matchers});
  return wanted;
}

/// As satisfies, without the regular expressions, which take their time.
bool may_satisfy(const Labels& labels, std::span<const promql::Matcher> matchers) {
  return std::ranges::all_of(matchers, [&](const promql::Matcher& matcher) {
    const bool is_quick = matcher.operation() == promql::Matcher::Operation::equal ||
                          matcher.operation() == promql::Matcher::Operation::not_equal;
    return !is_quick || matcher.accepts(labels.get(matcher.label()));
  });
}

}  // namespace

const std::string* named_metric(std::span<const promql::Matcher> matchers) {
  for (const promql::Matcher& matcher : matchers) {
    if (matcher.label() == "__name__" && matcher.operation() == promql::Matcher::Operation::equal) {
      return &matcher.value();
    }
  }
  return nullptr;
}

bool satisfies(const Labels& labels, std::span<const promql::Matcher> matchers) {
  return std::ranges::all_of(matchers, [&](const promql::Matcher& matcher) {
    return matcher.accepts(labels.get(matcher.label()));
  });
}

std::optional<SampleSeries> RecentSamples::find(const Labels& labels) const {
  const auto found = by_labels_.find(&labels);
  if (found == by_labels_.end()) return std::nullopt;
  return SampleSeries{found->second, entries_[found->second].generation};
}

SampleSeries RecentSamples::series(const Labels& labels) {
  if (const auto known = find(labels)) return *known;
  if (unused_.empty()) {
    unused_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const std::uint32_t index = unused_.back();
  unused_.pop_back();
  Entry& entry = entries_[index];
  entry.labels = std::make_shared<const Labels>(labels);
  by_labels_.emplace(entry.labels.get(), index);
  by_metric_[std::string(labels.get("__name__"))].push_back(index);
  entry.needed = need_of(labels);
  bytes_ += memory_of(labels);
  return {index, entry.generation};
}

bool RecentSamples::append(SampleSeries series, Instant at, double value) {
  if (!knows(series)) return false;
  Entry& entry = entries_[series.index];
  const bool is_newer = entry.open.empty() ? entry.full.empty() || at > entry.full.back()->last()
                                           : at > entry.open.last();
  if (!is_newer) return false;
  const std::size_t before = entry.open.memory_bytes();
  entry.open.append(at, value);
  entry.ended = is_stale_marker(value);
  bytes_ += entry.open.memory_bytes() - before;
  if (entry.open.size() >= chunk_samples) seal(entry);
  return true;
}

void RecentSamples::end(SampleSeries series, Instant at) {
  if (!knows(series)) return;
  const Entry& entry = entries_[series.index];
  const bool has_samples = !entry.open.empty() || !entry.full.empty();
  if (has_samples && !entry.ended) append(series, at, stale_marker());
}

void RecentSamples::seal(Entry& entry) {
  const std::size_t before = entry.open.memory_bytes();
  auto chunk = std::make_shared<SampleChunk>(std::exchange(entry.open, {}));
  chunk->shrink();
  bytes_ = bytes_ - before + chunk->memory_bytes() + chunk_bytes;
  entry.full.push_back(std::move(chunk));
}

void RecentSamples::set_needs(Demand needs, std::vector<Duration> reaches) {
  assert(needs.selectors().size() == reaches.size());
  needs_ = std::move(needs);
  reaches_ = std::move(reaches);
  for (Entry& entry : entries_) {
    if (entry.labels != nullptr) entry.needed = need_of(*entry.labels);
  }
}

Duration RecentSamples::need_of(const Labels& labels) const {
  Duration needed{};
  for (const std::uint32_t id : needs_.matching(labels.get("__name__"), labels)) {
    needed = std::max(needed, reaches_[id]);
  }
  return needed;
}

void RecentSamples::forget_old(Instant now) {
  const bool is_due = last_swept_ == Instant::min() || now - last_swept_ >= sweep_every;
  if (!is_due && bytes_ <= limits_.bytes_max) return;
  last_swept_ = now;
  forget_before(now, limits_.retention, Duration::max());
  Duration age = now - kept_since(now);
  while (bytes_ > limits_.bytes_max && age > age_least) {
    age = std::max<Duration>(age * 9 / 10, age_least);
    cut_ = now - age;
    forget_before(now, age, Duration::max());
  }
  if (bytes_ <= limits_.bytes_max || reaches_.empty()) return;
  // Only what is needed is left, and there is too much of it.
  Duration need = std::ranges::max(reaches_);
  while (bytes_ > limits_.bytes_max && need > age_least) {
    need = std::max<Duration>(need * 9 / 10, age_least);
    forget_before(now, age, need);
  }
}

/// Forgets what is older than `retention` and is not needed for longer, and what is older than
/// `need_max` in any case.
void RecentSamples::forget_before(Instant now, Duration retention, Duration need_max) {
  for (std::uint32_t index = 0; index < entries_.size(); ++index) {
    Entry& entry = entries_[index];
    if (entry.labels == nullptr) continue;
    const Instant limit = now - std::max(retention, std::min(entry.needed, need_max));
    const auto old = std::ranges::find_if(
        entry.full, [limit](const auto& chunk) { return chunk->last() > limit; });
    for (auto chunk = entry.full.begin(); chunk != old; ++chunk) {
      bytes_ -= (*chunk)->memory_bytes() + chunk_bytes;
    }
    entry.full.erase(entry.full.begin(), old);
    const bool open_is_old = entry.open.empty() || entry.open.last() <= limit;
    if (entry.full.empty() && open_is_old) forget_series(index);
  }
}

void RecentSamples::forget_series(std::uint32_t index) {
  Entry& entry = entries_[index];
  bytes_ -= entry.open.memory_bytes() + memory_of(*entry.labels);
  by_labels_.erase(entry.labels.get());
  const auto metric = by_metric_.find(std::string(entry.labels->get("__name__")));
  std::erase(metric->second, index);
  if (metric->second.empty()) by_metric_.erase(metric);
  const std::uint32_t generation = entry.generation + 1;
  entry = {};
  entry.generation = generation;
  unused_.push_back(index);
}

std::shared_ptr<const SampleSource> RecentSamples::view(
    std::span<const std::vector<promql::Matcher>> selections, Interval range) const {
  std::vector<bool> is_taken(entries_.size());
  std::vector<View::Series> taken;
  const auto take = [&](std::uint32_t index, std::span<const promql::Matcher> matchers) {
    const Entry& entry = entries_[index];
    if (is_taken[index] || entry.labels == nullptr || !may_satisfy(*entry.labels, matchers)) return;
    is_taken[index] = true;
    View::Series series{.labels = entry.labels, .chunks = {}};
    for (const auto& chunk : entry.full) {
      if (chunk->last() >= range.begin && chunk->first() <= range.end) {
        series.chunks.push_back(chunk);
      }
    }
    if (!entry.open.empty() && entry.open.first() <= range.end) {
      series.chunks.push_back(std::make_shared<const SampleChunk>(entry.open));
    }
    if (!series.chunks.empty()) taken.push_back(std::move(series));
  };
  for (const Wanted& wanted : united_by_metric(selections)) {
    if (wanted.metric.empty()) {
      for (std::uint32_t index = 0; index < entries_.size(); ++index) take(index, wanted.matchers);
    } else if (const auto found = by_metric_.find(wanted.metric); found != by_metric_.end()) {
      for (const std::uint32_t index : found->second) take(index, wanted.matchers);
    }
  }
  return std::make_shared<const View>(std::move(taken));
}

}  // namespace slod
