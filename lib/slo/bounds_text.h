#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <vector>

namespace slod {

/// Bounds of buckets as JSON texts ("0.005", "+Inf"): JSON has no number for an infinity, and a
/// bound must read back as the same double to stay the same bucket.
boost::json::array bounds_to_json(std::span<const double> bounds);

/// The way back. nullopt: null, no list of such texts, or not strictly ascending.
std::optional<std::vector<double>> bounds_from_json(const boost::json::value* value);

}  // namespace slod
