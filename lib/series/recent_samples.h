#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/promql/selector.h"
#include "lib/series/demand.h"
#include "lib/series/labels.h"
#include "lib/series/labels_hash.h"
#include "lib/series/sample_chunk.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod {

/// How much is kept for queries.
struct SampleLimits {
  Duration retention = std::chrono::hours(6);
  std::size_t bytes_max = std::size_t{32} << 20;  ///< of chunks and labels

  bool operator==(const SampleLimits&) const = default;
};

/// Stands for one series of a RecentSamples until that series is forgotten.
struct SampleSeries {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  ///< 0: of none
};

/// The samples of the last hours, compressed. Appending is for one thread; a view is a snapshot
/// that any other thread may read.
class RecentSamples {
 public:
  explicit RecentSamples(SampleLimits limits) : limits_(limits) {}

  /// The series with these labels (with __name__), which begins to be where there is none.
  SampleSeries series(const Labels& labels);
  /// Nullopt where there is none.
  std::optional<SampleSeries> find(const Labels& labels) const;
  /// False once the series was forgotten, because it had no sample for the whole retention.
  bool knows(SampleSeries series) const {
    return series.generation != 0 && entries_[series.index].generation == series.generation;
  }
  /// There is no room for series that no one needs yet.
  bool is_full() const { return bytes_ >= limits_.bytes_max; }

  /// False where the series is forgotten or `at` is not after its last sample; nothing is kept
  /// then.
  bool append(SampleSeries series, Instant at, double value);
  /// A stale marker, where the series has samples and the last one is none.
  void end(SampleSeries series, Instant at);

  /// Forgets what is older than the retention, and more where that takes too much memory. May be
  /// called often: it looks at all series once a minute, or when memory is short.
  void forget_old(Instant now);
  void set_limits(SampleLimits limits) { limits_ = limits; }
  /// Series that `needs` selects are kept for `reaches[its id]`, where that is longer than the
  /// retention or memory is short: others go first. Both are as long.
  void set_needs(Demand needs, std::vector<Duration> reaches);
  const SampleLimits& limits() const { return limits_; }

  /// Since when everything that arrived is still here, besides what is needed for longer: `now`
  /// less the retention, or later where memory did not reach.
  Instant kept_since(Instant now) const { return std::max(now - limits_.retention, cut_); }
  std::size_t memory_bytes() const { return bytes_; }
  std::size_t series_count() const { return by_labels_.size(); }

  /// Everything that any of `selections` may select in `range`. An empty selection selects all.
  std::shared_ptr<const SampleSource> view(std::span<const std::vector<promql::Matcher>> selections,
                                           Interval range) const;

 private:
  struct Entry {
    std::shared_ptr<const Labels> labels;  ///< null: unused
    std::vector<std::shared_ptr<const SampleChunk>> full;
    SampleChunk open;
    Duration needed{};             ///< how far back
    std::uint32_t generation = 1;  ///< of the series that it holds, or will hold next
    bool ended = false;
  };
  struct PointedHash {
    std::size_t operator()(const Labels* labels) const { return hash_of(*labels); }
  };
  struct SameLabels {
    bool operator()(const Labels* a, const Labels* b) const { return *a == *b; }
  };

  void seal(Entry& entry);
  Duration need_of(const Labels& labels) const;
  void forget_before(Instant now, Duration retention, Duration need_max);
  void forget_series(std::uint32_t index);

  SampleLimits limits_;
  Demand needs_{{}};
  std::vector<Duration> reaches_;  ///< by id of needs_
  Instant cut_ = Instant::min();   ///< what was older had to go for want of memory
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> unused_;
  /// The keys are those of the entries.
  std::unordered_map<const Labels*, std::uint32_t, PointedHash, SameLabels> by_labels_;
  std::unordered_map<std::string, std::vector<std::uint32_t>, KeyedHash> by_metric_;
  std::size_t bytes_ = 0;
  Instant last_swept_ = Instant::min();
};

/// The metric that an equality on __name__ asks for; null where there is none.
const std::string* named_metric(std::span<const promql::Matcher> matchers);

/// Whether a series satisfies all matchers.
bool satisfies(const Labels& labels, std::span<const promql::Matcher> matchers);

}  // namespace slod
