#pragma once

#include "daemon/net/message.h"

namespace slod {

/// Lets the peer keep a 200 and ask for it again at little cost (RFC 9110, 13.1.2): adds an ETag
/// that changes with the body, and `Cache-Control: no-cache`. Where the peer has that body already,
/// it becomes a 304 without one. Other responses stay as they are.
Response revalidated(const Request& request, Response response);

}  // namespace slod
