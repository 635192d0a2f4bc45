#pragma once

#include <string_view>

#include "daemon/net/message.h"

namespace slod::page {

/// The web page itself, for a GET of "/". Where the path that was asked for does not end in a
/// slash, a redirect to the one that does: all that the page asks for is relative to its own URL,
/// so that it works below any path.
Response answer(const Request& request);

/// The file `name` that belongs to it; 404 where there is none.
Response answer_file(const Request& request, std::string_view name);

}  // namespace slod::page
