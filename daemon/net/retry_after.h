#pragma once

#include <optional>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// How long a Retry-After value asks to wait: a number of seconds, or an IMF-fixdate as "Sun, 06
/// Nov 1994 08:49:37 GMT" (RFC 9110, 10.2.3). From 0 to 365 days; nullopt where it is neither.
std::optional<Duration> parse_retry_after(std::string_view value, Instant now);

}  // namespace slod
