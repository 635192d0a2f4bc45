#pragma once

#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {

class Daemon;

/// The SLOs, one SLO, and what it counted slice by slice.
RouteReply slos(Daemon& daemon, const Request& request);
RouteReply slo(Daemon& daemon, const Request& request, std::string_view service,
               std::string_view name);
RouteReply slo_history(Daemon& daemon, const Request& request, std::string_view service,
                       std::string_view name);

}  // namespace slod
