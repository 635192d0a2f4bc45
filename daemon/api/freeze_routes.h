#pragma once

#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {

class Daemon;

/// Whether a change may be deployed: to every service, or to one.
RouteReply freeze_all(Daemon& daemon, const Request& request);
RouteReply freeze_one(Daemon& daemon, const Request& request, std::string_view service);

}  // namespace slod
