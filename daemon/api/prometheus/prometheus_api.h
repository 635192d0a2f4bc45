#pragma once

#include <functional>
#include <string_view>

#include "daemon/api/prometheus/query_work.h"
#include "daemon/net/route_reply.h"

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

/// Answers as Prometheus does. To be called on the loop's thread; what takes long becomes work for
/// the pool. What it refers to must outlive the loop's use of it.
class PrometheusApi {
 public:
  PrometheusApi(std::function<Instant()> now, SamplesOnLoop samples);

  RouteReply query(const Request& request, std::string_view);
  RouteReply query_range(const Request& request, std::string_view);
  RouteReply query_exemplars(const Request& request, std::string_view);
  RouteReply format_query(const Request& request, std::string_view);
  RouteReply series(const Request& request, std::string_view);
  RouteReply labels(const Request& request, std::string_view);
  RouteReply label_values(const Request& request, std::string_view name);
  RouteReply build_info(const Request& request, std::string_view);

 private:
  RouteReply query_work(std::expected<QueryRequest, Failure> query) const;

  std::function<Instant()> now_;
  SamplesOnLoop samples_;
};

}  // namespace slod::prometheus_api
