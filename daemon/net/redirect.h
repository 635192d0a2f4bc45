#pragma once

#include <expected>
#include <optional>
#include <string>

#include "daemon/net/fetch.h"

namespace slod {

/// As many redirects in a row as are followed.
inline constexpr int redirects_max = 10;

/// What a reply to `request` sends it on to (status 301, 302, 303, 307 or 308 with a Location);
/// nullopt: the reply is the answer. To another origin (scheme, host and port) no credentials go.
/// The error says why such a redirect is not followed, and shows nothing of it that may be secret.
std::expected<std::optional<Fetch>, std::string> redirected(const Fetch& request,
                                                            const Reply& reply);

}  // namespace slod
