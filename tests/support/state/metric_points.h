#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/state/database.h"

namespace slod {

/// Points of the metric history by time, and these by series_key.
using Points = std::map<Instant, double>;
using PointsBySeries = std::map<std::string, Points>;

constexpr Interval ever{Instant::min(), Instant::max()};

/// The series_key of `metric` with slo="number".
std::string key(const std::string& metric, int slo);

HistoryChange change(const std::string& series, const Points& points);

/// Must succeed.
void append(Database& database, const std::vector<HistoryChange>& history);

/// All that is stored, of the rows that are not damaged; there may be such only where `damaged`
/// counts them.
PointsBySeries stored(Database& database, const std::string& metric = "", Interval range = ever,
                      int* damaged = nullptr);

}  // namespace slod
