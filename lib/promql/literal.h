#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod::promql {

/// The longest duration of Prometheus, which counts nanoseconds in 64 bits.
constexpr double duration_seconds_max = 9223372036.854775807;

/// A number as PromQL writes it: decimal, hexadecimal, octal after a leading 0, with underscores
/// between digits, an exponent, Inf and NaN in any case. Error: in Prometheus's words.
std::expected<double, std::string> read_number_literal(std::string_view text);

/// "1h30m" in seconds. Error: in Prometheus's words.
std::expected<double, std::string> read_duration_seconds(std::string_view text);

/// A length of time as Prometheus writes it: "1h30m", "0s", "-5m".
std::string duration_text(Duration duration);

}  // namespace slod::promql
