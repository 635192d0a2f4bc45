#pragma once

#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {

class Daemon;

/// What slod says of itself.
RouteReply status(Daemon& daemon);
RouteReply metrics(Daemon& daemon);
RouteReply openapi(Daemon& daemon);
RouteReply reload(Daemon& daemon);
RouteReply health(Daemon& daemon);
RouteReply readiness(Daemon& daemon);
/// The same two as text, under the paths that Prometheus has for them.
RouteReply health_text(Daemon& daemon);
RouteReply readiness_text(Daemon& daemon);

/// The web page and its files.
RouteReply page_itself(Daemon& daemon, const Request& request);
RouteReply page_file(Daemon& daemon, const Request& request, std::string_view name);

}  // namespace slod
