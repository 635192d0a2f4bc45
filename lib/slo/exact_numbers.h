#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <vector>

namespace slod {

/// Doubles as JSON texts ("0.005", "+Inf") that read back to the same doubles. JSON has no number
/// for an infinity, and Boost.JSON 1.81 reads some numbers one unit in the last place off, which
/// would make two buckets of one. No NaN.
boost::json::array exact_numbers(std::span<const double> numbers);

/// The way back. nullopt: null, or no list of such texts.
std::optional<std::vector<double>> read_exact_numbers(const boost::json::value* value);

/// Whether the numbers can be bounds of buckets: each above the one before.
bool strictly_ascending(std::span<const double> numbers);

}  // namespace slod
