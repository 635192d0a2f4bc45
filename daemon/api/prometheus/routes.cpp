#include <array>

#include "daemon/api/prometheus/prometheus_api.h"

namespace slod::prometheus_api {
namespace {

constexpr std::string_view name_mark = "{name}";

constexpr std::array<Route, 19> routes{{
    {"/api/v1/query", "GET, POST", &PrometheusApi::query},
    {"/api/v1/query_range", "GET, POST", &PrometheusApi::query_range},
    {"/api/v1/query_exemplars", "GET, POST", &PrometheusApi::query_exemplars},
    {"/api/v1/format_query", "GET, POST", &PrometheusApi::format_query},
    {"/api/v1/parse_query", "GET, POST", &PrometheusApi::parse_query},
    {"/api/v1/series", "GET, POST", &PrometheusApi::series},
    {"/api/v1/labels", "GET, POST", &PrometheusApi::labels},
    {"/api/v1/label/{name}/values", "GET, POST", &PrometheusApi::label_values},
    {"/api/v1/metadata", "GET", &PrometheusApi::metadata},
    {"/api/v1/rules", "GET", &PrometheusApi::rules},
    {"/api/v1/alerts", "GET", &PrometheusApi::alerts},
    {"/api/v1/alertmanagers", "GET", &PrometheusApi::alertmanagers},
    {"/api/v1/targets", "GET", &PrometheusApi::targets},
    {"/api/v1/scrape_pools", "GET", &PrometheusApi::scrape_pools},
    {"/api/v1/status/buildinfo", "GET", &PrometheusApi::build_version},
    {"/api/v1/status/runtimeinfo", "GET", &PrometheusApi::runtime},
    {"/api/v1/status/flags", "GET", &PrometheusApi::flags},
    {"/api/v1/status/config", "GET", &PrometheusApi::configuration},
    {"/api/v1/status/tsdb", "GET", &PrometheusApi::storage},
}};

}  // namespace

Found find_route(std::string_view path) {
  for (const Route& route : routes) {
    const std::size_t mark = route.pattern.find(name_mark);
    if (mark == std::string_view::npos) {
      if (path == route.pattern) return {&route, {}};
      continue;
    }
    const std::string_view before = route.pattern.substr(0, mark);
    const std::string_view after = route.pattern.substr(mark + name_mark.size());
    if (path.size() <= before.size() + after.size()) continue;
    if (!path.starts_with(before) || !path.ends_with(after)) continue;
    const auto name = path.substr(before.size(), path.size() - before.size() - after.size());
    if (!name.contains('/')) return {&route, name};
  }
  return {};
}

}  // namespace slod::prometheus_api
