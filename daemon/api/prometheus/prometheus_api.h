#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "daemon/api/prometheus/metadata.h"
#include "daemon/api/prometheus/query_work.h"
#include "daemon/api/prometheus/targets.h"
#include "daemon/net/route_reply.h"
#include "lib/engine/engine.h"

namespace slod::prometheus_api {

class PrometheusApi;

/// One endpoint of the API.
struct Route {
  /// As for metrics: "/api/v1/label/{name}/values". Anything but a slash may stand for a name.
  std::string_view pattern;
  std::string_view methods;  ///< "GET, POST"
  RouteReply (PrometheusApi::*answer)(const Request& request, std::string_view name);
};

/// The endpoint at a path, and the name within the path. Null where there is none.
struct Found {
  const Route* route = nullptr;
  std::string_view name;  ///< a part of the path
};
Found find_route(std::string_view path);

/// What the API asks of the rest of the daemon, on the loop's thread.
struct Peers {
  std::function<Instant()> now;
  const Engine* engine = nullptr;
  SamplesOnLoop samples;
  const LastReads* last_reads = nullptr;
  const KnownMetadata* metadata = nullptr;                ///< of what was scraped
  std::function<std::string()> own_page;                  ///< /metrics
  Instant started;                                        ///< when this process began to serve
  std::function<std::pair<bool, Instant>()> last_reload;  ///< whether it succeeded, and when
};

/// Answers as Prometheus does. To be called on the loop's thread; what takes long becomes work for
/// the pool. What it refers to must outlive the loop's use of it.
class PrometheusApi {
 public:
  explicit PrometheusApi(Peers peers) : peers_(std::move(peers)) {}

  RouteReply query(const Request& request, std::string_view);
  RouteReply query_range(const Request& request, std::string_view);
  RouteReply query_exemplars(const Request& request, std::string_view);
  RouteReply format_query(const Request& request, std::string_view);
  RouteReply parse_query(const Request& request, std::string_view);
  RouteReply series(const Request& request, std::string_view);
  RouteReply labels(const Request& request, std::string_view);
  RouteReply label_values(const Request& request, std::string_view name);
  RouteReply metadata(const Request& request, std::string_view);
  RouteReply rules(const Request& request, std::string_view);
  RouteReply alerts(const Request& request, std::string_view);
  RouteReply alertmanagers(const Request& request, std::string_view);
  RouteReply targets(const Request& request, std::string_view);
  RouteReply scrape_pools(const Request& request, std::string_view);
  RouteReply build_version(const Request& request, std::string_view);
  RouteReply runtime(const Request& request, std::string_view);
  RouteReply flags(const Request& request, std::string_view);
  RouteReply configuration(const Request& request, std::string_view);
  RouteReply storage(const Request& request, std::string_view);

 private:
  RouteReply query_work(std::expected<QueryRequest, Failure> query) const;

  Peers peers_;
};

}  // namespace slod::prometheus_api
