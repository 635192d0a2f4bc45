#include "lib/slo/histogram_unit.h"

#include <cmath>

namespace slod {
namespace {

struct Unit {
  std::string_view name;
  std::string_view suffix;  ///< of metrics
  std::string_view abbreviation;
  double per_second;
};

constexpr Unit units[] = {
    {"milliseconds", "_milliseconds", "_ms", 1e3},
    {"microseconds", "_microseconds", "_us", 1e6},
    {"nanoseconds", "_nanoseconds", "_ns", 1e9},
};

/// The highest bound but +Inf; 0 where there is none.
double highest_of(const std::set<double>& bounds) {
  for (auto bound = bounds.rbegin(); bound != bounds.rend(); ++bound) {
    if (std::isfinite(*bound)) return *bound;
  }
  return 0;
}

/// The lowest bound above zero; 0 where there is none.
double lowest_of(const std::set<double>& bounds) {
  const auto lowest = bounds.upper_bound(0);
  return lowest == bounds.end() || std::isinf(*lowest) ? 0 : *lowest;
}

}  // namespace

std::string_view unit_of_histogram(std::string_view metric, const std::set<double>& bounds,
                                   double below_seconds) {
  constexpr double far_above_seconds = 100;
  const double highest = highest_of(bounds);
  const double lowest = lowest_of(bounds);
  for (const Unit& unit : units) {
    if (!metric.ends_with(unit.suffix) && !metric.ends_with(unit.abbreviation)) continue;
    return below_seconds * unit.per_second <= highest ? unit.name : std::string_view();
  }
  const double milliseconds = below_seconds * units[0].per_second;
  const bool lies_among = lowest <= milliseconds && milliseconds <= highest;
  return below_seconds < lowest && lies_among && highest >= far_above_seconds ? units[0].name
                                                                              : std::string_view();
}

double per_second(std::string_view unit) {
  for (const Unit& each : units) {
    if (each.name == unit) return each.per_second;
  }
  return 1;
}

}  // namespace slod
