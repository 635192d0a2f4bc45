#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slod {

/// Reads a number as Prometheus reads a sample value: decimal with an optional exponent, a leading
/// '+' allowed, and NaN, Inf and Infinity in any case (NaN without a sign). Hexadecimal digits,
/// underscores and anything around the number are refused, and so is a number beyond the range of
/// double; one too small for double becomes 0.
std::optional<double> parse_number(std::string_view text);

/// The one text that Prometheus 3 gives a bucket bound (`le`): the shortest that reads back to the
/// same double, always visibly a float. 1 -> "1.0", 0.25 -> "0.25", 1e6 -> "1e+06", "+Inf".
std::string number_text(double value);

}  // namespace slod
