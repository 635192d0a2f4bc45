#include "daemon/api/prometheus/prometheus_api.h"

#include <chrono>
#include <utility>

#include "daemon/api/prometheus/parameters.h"
#include "daemon/api/prometheus/query_request.h"
#include "daemon/api/prometheus/series_work.h"
#include "lib/json/text.h"
#include "lib/promql/parser.h"
#include "lib/promql/printer.h"
#include "lib/promql/walk.h"

namespace slod::prometheus_api {
namespace {

constexpr std::string_view api_version = "3.0.0";  ///< of the Prometheus that slod answers as

/// The response of `run` as work for the pool.
template <class Run>
PoolWork work(Run run, std::optional<Duration> limit = std::nullopt) {
  return {.run = std::move(run), .limit = limit, .error = refused};
}

using SeriesRun = Response (*)(const SeriesRequest&, const SamplesOnLoop&, const std::stop_token&);

RouteReply series_work(std::expected<SeriesRequest, Failure> asked, const SamplesOnLoop& samples,
                       SeriesRun run) {
  if (!asked) return failed(asked.error());
  return work([request = std::move(*asked), samples, run](const std::stop_token& stop) {
    return run(request, samples, stop);
  });
}

/// No sample of slod has an exemplar. As in Prometheus, a query without selectors has no content.
Response exemplars(const std::string& query) {
  const auto expr = promql::parse(query);
  if (!expr) return failed({ErrorType::bad_data, expr.error().text(query)});
  if (promql::selectors(**expr).empty()) return {.status = 204};
  return success("[]");
}

Response formatted(const std::string& query) {
  const auto expr = promql::parse(query);
  if (!expr) return failed(invalid_parameter("query", expr.error().text(query)));
  std::string json;
  append_json_text(json, promql::pretty(**expr));
  return success(json);
}

}  // namespace

PrometheusApi::PrometheusApi(std::function<Instant()> now, SamplesOnLoop samples)
    : now_(std::move(now)), samples_(std::move(samples)) {}

RouteReply PrometheusApi::query_work(std::expected<QueryRequest, Failure> asked) const {
  if (!asked) return failed(asked.error());
  const auto limit = asked->timeout;
  const auto now = std::chrono::steady_clock::now();
  return work([query = std::move(*asked), samples = samples_,
               now](const std::stop_token& stop) { return run_query(query, samples, now, stop); },
              limit);
}

RouteReply PrometheusApi::query(const Request& request, std::string_view) {
  return query_work(instant_request(request, now_()));
}

RouteReply PrometheusApi::query_range(const Request& request, std::string_view) {
  return query_work(range_request(request));
}

RouteReply PrometheusApi::query_exemplars(const Request& request, std::string_view) {
  const auto start = time_parameter(request, "start", earliest);
  if (!start) return failed(start.error());
  const auto end = time_parameter(request, "end", latest);
  if (!end) return failed(end.error());
  if (*end < *start) {
    return failed({ErrorType::bad_data, "end timestamp must not be before start timestamp"});
  }
  return work([text = std::string(parameter(request, "query"))](const std::stop_token&) {
    return exemplars(text);
  });
}

RouteReply PrometheusApi::format_query(const Request& request, std::string_view) {
  return work([text = std::string(parameter(request, "query"))](const std::stop_token&) {
    return formatted(text);
  });
}

RouteReply PrometheusApi::series(const Request& request, std::string_view) {
  return series_work(series_request(request), samples_, run_series);
}

RouteReply PrometheusApi::labels(const Request& request, std::string_view) {
  return series_work(labels_request(request), samples_, run_labels);
}

RouteReply PrometheusApi::label_values(const Request& request, std::string_view name) {
  return series_work(label_values_request(request, name), samples_, run_label_values);
}

RouteReply PrometheusApi::build_info(const Request&, std::string_view) {
  // The version is that of the API, by which clients choose their calls. Without `features`, from
  // which Grafana would take slod for a Mimir.
  return success(json_text({{"version", api_version},
                            {"revision", "slod " SLOD_VERSION},
                            {"branch", ""},
                            {"buildUser", ""},
                            {"buildDate", ""},
                            {"goVersion", ""}}));
}

}  // namespace slod::prometheus_api
