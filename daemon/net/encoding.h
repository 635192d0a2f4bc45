#pragma once

#include "daemon/net/message.h"

namespace slod {

/// Whether the peer would rather have gzip than plain text (RFC 9110, 12.5.3): gzip, x-gzip or `*`
/// with a weight above 0 and not below that of identity, if it has one. An element that is not
/// well-formed counts as if it were not there.
bool accepts_gzip(const Request& request);

/// Whether gzip would be worth while: a text of 1 KiB or more that is not encoded yet.
bool is_compressible(const Response& response);

/// Makes a compressible response say that it depends on Accept-Encoding, and where gzip is
/// accepted encodes its body, unless that makes it no smaller. Leaves others as they are.
void encode(Response& response, bool gzip_accepted);

}  // namespace slod
