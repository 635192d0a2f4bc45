#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/fetch.h"
#include "daemon/net/tls.h"
#include "lib/config/config.h"

namespace slod {

/// What a server is reached through; null: it is reached without TLS, or with the system's. The
/// error says which file cannot be used and why.
std::expected<std::shared_ptr<const TlsContext>, std::string> tls_of(const config::Access& access);

/// Adds to a request what lets it in, and how it gets there; but for TLS. Secrets are read from
/// their files each time, so that one that was changed is used at once. Returns the texts that must
/// not be shown; the error says which file cannot be read and why.
std::expected<std::vector<std::string>, std::string> let_in(const config::Access& access,
                                                            Fetch& fetch);

}  // namespace slod
