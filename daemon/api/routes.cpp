// The table of all that slod serves.

#include <algorithm>

#include "daemon/api/event_log.h"
#include "daemon/api/freeze_routes.h"
#include "daemon/api/own_routes.h"
#include "daemon/api/prometheus/prometheus_api.h"
#include "daemon/api/route.h"
#include "daemon/api/slo_routes.h"

namespace slod {
namespace {

using enum Methods;
namespace prom = prometheus_api;

constexpr std::size_t no_body = 0;
constexpr std::size_t short_form = 16 * 1024;
constexpr std::size_t long_form = 1024 * 1024;

constexpr auto table = std::to_array<Route>({
    {"/freeze", get_or_post, freeze_all, short_form, true},
    {"/freeze/{service}", get_or_post, freeze_one, short_form, true},
    {"/api/v1/slos", get, slos},
    {"/api/v1/slos/{service}/{slo}/history", get, slo_history},
    {"/api/v1/slos/{service}/{slo}", get, slo},
    {"/api/v1/episodes", get, event_log::episodes},
    {"/api/v1/verdicts", get, event_log::verdicts},
    {"/api/v1/outbox", get, event_log::outbox},
    {"/api/v1/status", get, status},
    {"/openapi.yaml", get, openapi},
    {"/metrics", get, metrics},
    {"/healthz", get, health, no_body, true},
    {"/readyz", get, readiness, no_body, true},
    {"/-/reload", post, reload},
    {"/-/healthy", get, health_text, no_body, true},
    {"/-/ready", get, readiness_text, no_body, true},
    {"/page/{file}", get, page_file},
    {"/", get, page_itself},
    {"/api/v1/query", get_or_post, prom::instant_query, long_form},
    {"/api/v1/query_range", get_or_post, prom::range_query, long_form},
    {"/api/v1/query_exemplars", get_or_post, prom::query_exemplars, long_form},
    {"/api/v1/format_query", get_or_post, prom::format_query, long_form},
    {"/api/v1/parse_query", get_or_post, prom::parse_query, long_form},
    {"/api/v1/series", get_or_post, prom::series, long_form},
    {"/api/v1/labels", get_or_post, prom::labels, long_form},
    {"/api/v1/label/{name}/values", get_or_post, prom::label_values, long_form},
    {"/api/v1/metadata", get, prom::metadata},
    {"/api/v1/rules", get, prom::rules},
    {"/api/v1/alerts", get, prom::alerts},
    {"/api/v1/alertmanagers", get, prom::alertmanagers},
    {"/api/v1/targets", get, prom::targets},
    {"/api/v1/scrape_pools", get, prom::scrape_pools},
    {"/api/v1/status/buildinfo", get, prom::build_version},
    {"/api/v1/status/runtimeinfo", get, prom::runtime},
    {"/api/v1/status/flags", get, prom::flags},
    {"/api/v1/status/config", get, prom::configuration},
    {"/api/v1/status/tsdb", get, prom::storage},
});

/// Whether what answers takes as many names as the pattern has.
constexpr bool takes_its_names(const Route& route) {
  constexpr std::size_t without_names = 2;  // the first alternatives of RouteAnswer
  const auto names = static_cast<std::size_t>(std::ranges::count(route.pattern, '{'));
  const std::size_t taken = route.answer.index() + 1;
  return names == (taken <= without_names ? 0 : taken - without_names);
}
static_assert(std::ranges::all_of(table, takes_its_names));
static_assert(std::ranges::all_of(table, [](const Route& route) {
  return route.body_bytes_max == 0 || route.methods != get;
}));

}  // namespace

std::span<const Route> routes() {
  return table;
}

}  // namespace slod
