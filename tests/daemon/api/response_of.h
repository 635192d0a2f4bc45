#pragma once

#include <stop_token>
#include <utility>
#include <variant>

#include "daemon/net/route_reply.h"

namespace slod {

/// What a client would get in the end; a job runs on the caller's thread.
inline Response response_of(RouteReply reply, std::stop_token stop = {}) {
  if (auto* response = std::get_if<Response>(&reply)) return std::move(*response);
  if (auto* shared = std::get_if<SharedJob>(&reply)) return shared->run();
  return std::get<PoolJob>(reply).run(std::move(stop));
}

}  // namespace slod
