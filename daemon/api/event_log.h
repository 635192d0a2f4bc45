#pragma once

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {
class Daemon;
}

/// What happened before, as the store remembers it: episodes, changes of the freeze level, and
/// messages with their deliveries. It is read from the disk on the pool, unless it is known that
/// the disk does not answer: then no thread waits for it.
namespace slod::event_log {

RouteReply episodes(Daemon& daemon, const Request& request);
RouteReply verdicts(Daemon& daemon, const Request& request);
RouteReply outbox(Daemon& daemon, const Request& request);

}  // namespace slod::event_log
