#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// A sample for the history of one of slod's own series.
struct HistoryPoint {
  Instant at;
  double value = 0;

  bool operator==(const HistoryPoint&) const = default;
};

/// What the history of one series gains. Points that are not after those stored are ignored. It is
/// no part of Changes, since what only charts need must not keep anything else from being stored.
struct HistoryChange {
  std::string series;                ///< its series_key
  std::vector<HistoryPoint> points;  ///< ascending in time
};

/// One of slod's own series that has a history.
struct HistorySeries {
  std::int64_t id = 0;
  std::string key;  ///< its series_key
};

/// The samples of one series on one day.
struct HistoryRow {
  std::int64_t series = 0;  ///< HistorySeries::id
  std::string samples;      ///< see stored_bytes
};

/// The day that a time is in, counted from 1970.
std::int64_t history_day(Instant at);

}  // namespace slod
