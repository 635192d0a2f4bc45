#pragma once

#include <expected>
#include <string>

namespace slod::rules {

// Numbers as Prometheus's templates write them, with four significant digits. An infinity is "+Inf"
// or "-Inf", no number "NaN".

/// With a decimal prefix: "1.235k", "12.3m".
std::string humanize(double value);
/// With a binary prefix: "1.5Mi"; without one up to 1.
std::string humanize1024(double value);
/// Seconds: "1d 2h 3m 4s", "1.5s", "12.3ms".
std::string humanize_duration(double value);
/// A ratio: "12.34%".
std::string humanize_percentage(double value);
/// Seconds since 1970: "2026-11-24 10:00:00.5 +0000 UTC". Error: it lies outside of 1677 to
/// 2262, which is what nanoseconds in 64 bits hold.
std::expected<std::string, std::string> humanize_timestamp(double value);

}  // namespace slod::rules
