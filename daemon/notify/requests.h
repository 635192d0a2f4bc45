#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "daemon/net/client.h"
#include "lib/alert/notice.h"
#include "lib/alert/receivers/receivers.h"
#include "lib/config/config.h"
#include "lib/time/instant.h"

namespace slod {

/// A request to a receiver, with its secret in it.
struct ReceiverRequest {
  Fetch fetch;
  std::vector<std::string> secrets;  ///< texts of the request that must not be shown
};

/// The request, or why there is none: its secret cannot be read. Shows no secret.
using BuiltRequest = std::expected<ReceiverRequest, std::string>;

/// Reads the receiver's secrets, and builds the request for notices with them, to one of the
/// receiver's addresses.
BuiltRequest build_request(const alert::Receiver& receiver, const config::Access& access,
                           std::span<const alert::Notice> notices, std::size_t address,
                           Instant now);

/// `text`, which came back for a request, or a word in its place where it repeats a secret of it: a
/// proxy's error page, say, shows the path that it was asked for.
std::string without_secrets(std::string text, std::span<const std::string> secrets);

}  // namespace slod
