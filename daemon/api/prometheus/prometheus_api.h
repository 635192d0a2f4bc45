#pragma once

#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {
class Daemon;
}

/// What answers the paths of Prometheus's HTTP API, as Prometheus does. To be called on the loop's
/// thread; what takes long is done on the pool.
namespace slod::prometheus_api {

RouteReply instant_query(Daemon& daemon, const Request& request);
RouteReply range_query(Daemon& daemon, const Request& request);
RouteReply query_exemplars(Daemon& daemon, const Request& request);
RouteReply format_query(Daemon& daemon, const Request& request);
RouteReply parse_query(Daemon& daemon, const Request& request);
RouteReply series(Daemon& daemon, const Request& request);
RouteReply labels(Daemon& daemon, const Request& request);
/// `name` is the label as in the path.
RouteReply label_values(Daemon& daemon, const Request& request, std::string_view name);
RouteReply metadata(Daemon& daemon, const Request& request);
RouteReply rules(Daemon& daemon, const Request& request);
RouteReply alerts(Daemon& daemon, const Request& request);
RouteReply alertmanagers(Daemon& daemon);
RouteReply targets(Daemon& daemon, const Request& request);
RouteReply scrape_pools(Daemon& daemon);
RouteReply build_version(Daemon& daemon);
RouteReply runtime(Daemon& daemon);
RouteReply flags(Daemon& daemon);
RouteReply configuration(Daemon& daemon);
RouteReply storage(Daemon& daemon, const Request& request);

}  // namespace slod::prometheus_api
