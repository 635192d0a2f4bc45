#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"
#include "daemon/store/store.h"

/// What the store remembers: episodes, changes of freeze level, and messages with what became of
/// them. Each is read from the disk by work for the pool; the store must outlive it.
namespace slod::past {

inline constexpr std::size_t limit_max = 1000;

/// Which rows a request wants: `limit` of the newest, and of these the ones of a service, or SLO.
struct Wanted {
  std::size_t limit = 100;  ///< 1 to limit_max
  std::string service;      ///< empty: all
  std::string slo;          ///< empty: all
};

/// Error: a sentence on the parameter that is wrong.
std::expected<Wanted, std::string> wanted(const Request& request);

RouteReply episodes(Store& store, const Request& request);
RouteReply verdicts(Store& store, const Request& request);
RouteReply outbox(Store& store, const Request& request);

}  // namespace slod::past
