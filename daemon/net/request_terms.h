#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "daemon/net/message.h"

namespace slod {

/// What the route of a request allows, asked once its header is complete.
struct RequestTerms {
  std::size_t body_bytes_max = 0;  ///< a longer body gets 413 before it is read
  /// Answered also on a connection for which there would be no room. Such a route replies at once
  /// or with what all share, never with a job of its own.
  bool always_has_room = false;
  /// The answer whatever the body would be, such as 404; with it no body is read.
  std::optional<Response> refusal = std::nullopt;
};

/// Called on the loop's thread, with a request that has no body yet and HEAD as its method where it
/// is that.
using TermsOf = std::function<RequestTerms(const Request&)>;

}  // namespace slod
