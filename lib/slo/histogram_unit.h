#pragma once

#include <set>
#include <string_view>

namespace slod {

/// The unit in which a histogram of latencies seems to be, where it is not seconds, of which the
/// bounds are taken: "milliseconds", "microseconds" or "nanoseconds"; else empty. That is so
///
/// - where the metric's name ends in the unit (`_milliseconds`, `_ms`) and `below`, in that unit,
///   is no higher than the highest bound;
/// - under any name where `below_seconds` is lower than all bounds, in milliseconds lies among
///   them, and the highest is at least 100: no answer takes that many seconds.
///
/// `bounds`: ascending, with or without +Inf.
std::string_view unit_of_histogram(std::string_view metric, const std::set<double>& bounds,
                                   double below_seconds);

/// How many of them a second has; 1 for another text.
double per_second(std::string_view unit);

}  // namespace slod
