#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/series/sample_rounds.h"
#include "lib/state/metric_history.h"
#include "lib/time/instant.h"

namespace slod {

/// Whether the series of this metric of slod's own have a history: those of SLOs and services.
bool has_history(std::string_view metric);

/// A value as the history keeps it. Ratios near 1 keep 32 bits behind the first, since it is their
/// distance from 1 that matters, and others 20 (a relative error of at most 5e-7), so that they
/// compress; counters and objectives stay as they are.
double history_value(std::string_view metric, double value);

/// Gathers points for the history of slod's own series at whole multiples of five minutes, and
/// hands out those of a series together, each series at a time of its own, so that the writing is
/// spread. Not thread-safe.
class History {
 public:
  /// Between the points of a series: a query that looks back for five minutes finds exactly one.
  static constexpr Duration step = std::chrono::minutes(5);
  /// After which its points are handed out: what a crash can lose.
  static constexpr Duration delay_max = std::chrono::minutes(15);

  /// The values of slod's own series at `at`. Those at a multiple of `step`, or as soon as one has
  /// passed, become points; the others, and series without a history, are passed over.
  void add(std::span<const LabelledSample> own, Instant at);
  /// Everything is due at Instant::max().
  std::vector<HistoryChange> take_due(Instant now);

 private:
  struct Pending {
    Instant due;
    std::vector<HistoryPoint> points;
  };

  void add(std::string key, std::string_view metric, HistoryPoint point);

  Instant last_ = Instant::min();                                ///< the time of the last points
  std::unordered_map<std::string, Pending, KeyedHash> pending_;  ///< by series_key
  std::set<std::pair<Instant, const std::string*>> by_due_;      ///< of pending_, with its keys
};

}  // namespace slod
