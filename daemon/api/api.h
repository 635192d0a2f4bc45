#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/api/metrics.h"
#include "daemon/api/prometheus/prometheus_api.h"
#include "daemon/api/status_json.h"
#include "daemon/clock/clock.h"
#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"
#include "daemon/store/store.h"
#include "lib/engine/engine.h"

namespace slod {

/// What the API asks of the rest of the daemon. All of it answers at once.
struct ApiPeers {
  prometheus_api::Peers prometheus;
  /// Takes up the configuration files again. Empty text: done; else why the old one goes on.
  std::function<std::string()> reload;
  /// Why slod is not ready, as a sentence; empty text: it is.
  std::function<std::string()> not_ready;
  /// Messages that wait for their receivers.
  std::function<std::size_t()> outbox_pending;
  /// How the daemon is.
  std::function<DaemonStatus()> status;
  /// What happened before. Null only where nobody asks for that.
  Store* store = nullptr;
};

/// Everything that slod serves. Answers from the engine's last snapshot, so never waits; what takes
/// long becomes work for the pool. To be called on the loop's thread; the references must outlive
/// it.
///
/// A reverse proxy may put any prefix before the paths of /api/v1; the path of `external_url` may
/// stand before all paths.
class Api {
 public:
  Api(const Engine& engine, Clock& clock, Metrics& metrics, ApiPeers peers);

  RouteReply answer(const Request& request);

  /// The pattern of the route that serves `path` ("/freeze/{service}"), for metrics; "other" for a
  /// path that nothing serves.
  std::string_view route_of(std::string_view path) const;

 private:
  struct Place;

  Place find(std::string_view path) const;
  RouteReply answer_own(const Place& place, const Request& request);
  Response freeze_all(const Request& request);
  Response freeze_one(const Request& request, std::string_view service);
  Response slos(const Request& request);
  Response slo(const Request& request, std::string_view rest);
  Response status();
  RouteReply of_the_past(RouteReply (*answer)(Store&, const Request&), const Request& request);
  Response openapi();
  Response slo_history(const Request& request, std::string_view rest);
  Response metrics();
  Response ready();
  Response reload();
  Response is_healthy();
  Response is_ready();

  const Engine& engine_;
  Clock& clock_;
  Metrics& metrics_;
  ApiPeers peers_;
  prometheus_api::PrometheusApi prometheus_;
};

}  // namespace slod
