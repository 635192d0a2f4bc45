#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/labels.h"
#include "lib/series/sample_chunk.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod {

/// How much is kept for queries.
struct SampleLimits {
  Duration retention = std::chrono::hours(6);
  std::size_t bytes_max = std::size_t{64} << 20;  ///< of chunks and labels

  bool operator==(const SampleLimits&) const = default;
};

/// The samples of the last hours, compressed. Appending is for one thread; a view is a snapshot
/// that any other thread may read.
class RecentSamples {
 public:
  explicit RecentSamples(SampleLimits limits) : limits_(limits) {}

  /// The number of the series with these labels (with __name__), which stays until
  /// series_version() changes.
  std::uint32_t series(const Labels& labels);
  /// Series were forgotten since a number was handed out: ask again for all.
  std::uint64_t series_version() const { return series_version_; }

  /// False where `at` is not after the series's last sample; nothing is kept then.
  bool append(std::uint32_t series, Instant at, double value);
  /// A stale marker, where the series's last sample is none.
  void end(std::uint32_t series, Instant at);

  /// Forgets what is older than the retention, and more where that takes too much memory.
  void forget_old(Instant now);
  void set_limits(SampleLimits limits) { limits_ = limits; }

  /// Since when everything that arrived is still here: `now` less the retention, or later where
  /// memory did not reach.
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
    bool ended = false;
  };
  struct LabelsHash {
    std::size_t operator()(const Labels& labels) const;
  };

  void seal(Entry& entry);
  void forget_before(Instant limit);
  void forget_series(std::uint32_t index);

  SampleLimits limits_;
  Instant cut_ = Instant::min();  ///< what was older had to go for want of memory
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> unused_;
  std::unordered_map<Labels, std::uint32_t, LabelsHash> by_labels_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_metric_;
  std::uint64_t series_version_ = 0;
  std::size_t bytes_ = 0;
};

/// Whether a series satisfies all matchers.
bool satisfies(const Labels& labels, std::span<const promql::Matcher> matchers);

}  // namespace slod
