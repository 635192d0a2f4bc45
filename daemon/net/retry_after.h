#pragma once

#include <optional>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// A date of HTTP, as "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate); nullopt where it is none. The
/// name of the day is not compared with the date.
std::optional<Instant> parse_http_date(std::string_view text);

/// How long a Retry-After value asks to wait: a number of seconds, or a date (RFC 9110,
/// 10.2.3). From 0 to 365 days; nullopt where it is neither.
std::optional<Duration> parse_retry_after(std::string_view value, Instant now);

}  // namespace slod
