#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Numbers as Prometheus and Go write and read them. What is written has the fewest digits that
/// read back to the same double, with the sign of a zero; NaN is "NaN" and infinities are "+Inf"
/// and "-Inf".
namespace slod {

/// Reads a number as Prometheus reads a sample value: decimal with an optional exponent, a leading
/// '+' allowed, and NaN, Inf and Infinity in any case (NaN without a sign). Hexadecimal digits,
/// underscores and anything around the number are refused, and so is a number beyond the range of
/// double; one too small for double becomes 0.
std::optional<double> parse_number(std::string_view text);

/// Without an exponent (Go's format 'f'), as PromQL prints its literals: "1", "0.1", "1000000".
std::string plain_number(double value);

/// With an exponent below -4 and from 6 up (Go's %g), as Prometheus puts a value in a message:
/// "1", "0.5", "1e+06".
std::string short_number(double value);

/// Always with an exponent (Go's %e): "1e+00".
std::string exponent_number(double value);

/// The one text that Prometheus 3 gives a bucket's bound (`le`): as short_number, and always
/// visibly a float: "1.0", "0.25", "1e+06".
std::string bucket_bound_text(double value);

}  // namespace slod
