#pragma once

#include <string_view>

#include "daemon/api/daemon.h"
#include "daemon/api/route.h"
#include "daemon/net/message.h"
#include "daemon/net/request_terms.h"
#include "daemon/net/route_reply.h"

namespace slod {

/// Everything that slod serves. It answers from the engine's last snapshot and, where a request
/// names a window, from its ledgers; it never waits, and what takes long is done on the pool. To be
/// called on the loop's thread; the daemon must outlive it.
///
/// A reverse proxy may put any prefix before the paths of /api/v1; the path of `external_url` may
/// stand before all paths.
class Api {
 public:
  explicit Api(Daemon& daemon) : daemon_(daemon) {}

  RouteReply answer(const Request& request);

  /// What its route allows a request.
  RequestTerms terms_of(const Request& request) const;

  /// The pattern of the route that serves `path` ("/freeze/{service}"), for metrics; "other" for a
  /// path that nothing serves.
  std::string_view route_of(std::string_view path) const;

 private:
  FoundRoute find(std::string_view path) const;

  Daemon& daemon_;
};

}  // namespace slod
