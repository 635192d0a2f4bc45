#include "daemon/api/prometheus/prometheus_api.h"

#include <chrono>
#include <string>
#include <utility>

#include "daemon/api/daemon.h"
#include "daemon/api/prometheus/ending.h"
#include "daemon/api/prometheus/metadata.h"
#include "daemon/api/prometheus/metered.h"
#include "daemon/api/prometheus/parameters.h"
#include "daemon/api/prometheus/query_request.h"
#include "daemon/api/prometheus/rules_job.h"
#include "daemon/api/prometheus/series_job.h"
#include "daemon/api/prometheus/syntax_tree.h"
#include "daemon/api/prometheus/targets.h"
#include "lib/json/text.h"
#include "lib/promql/parser.h"
#include "lib/promql/printer.h"
#include "lib/promql/walk.h"

namespace slod::prometheus_api {
namespace {

/// The response of `run` as a job for the pool.
PoolJob job(Daemon& daemon, Run run, std::optional<Duration> limit = std::nullopt) {
  return {.run = metered(daemon.answer_memory(), std::move(run)),
          .limit = limit.value_or(daemon.engine().config().query.timeout),
          .error = refused};
}

/// What is made of the snapshot: without parameters it is the same for all who ask for it.
template <class Run>
RouteReply job_of_snapshot(Daemon& daemon, const Request& request, std::string_view name, Run run) {
  if (!request.query.empty()) {
    return job(daemon, [run = std::move(run)](const std::stop_token&) mutable { return run(); });
  }
  return SharedJob{.name = std::string(name),
                   .source = daemon.engine().snapshot(),
                   .run = std::move(run),
                   .error = refused};
}

using SeriesRun = Response (*)(const SeriesRequest&, const SamplesOnLoop&, const std::stop_token&);

RouteReply series_job(Daemon& daemon, std::expected<SeriesRequest, Failure> asked, SeriesRun run) {
  if (!asked) return failed(asked.error());
  return job(daemon, [request = std::move(*asked), samples = daemon.samples(),
                      run](const std::stop_token& stop) { return run(request, samples, stop); });
}

/// The query that a job is only to read. Error: the response.
std::expected<promql::ExprPtr, Response> read_alone(const std::string& query,
                                                    std::string_view parameter_of_error,
                                                    const std::stop_token& stop) {
  auto expr = promql::parse(query, {.is_unwanted = [&stop] { return has_to_end(stop); }});
  if (const auto ended = ending(stop, "query preparation")) return std::unexpected(failed(*ended));
  if (expr) return std::move(*expr);
  const std::string why = expr.error().text(query);
  return std::unexpected(failed(parameter_of_error.empty()
                                    ? Failure{ErrorType::bad_data, why}
                                    : invalid_parameter(parameter_of_error, why)));
}

/// No sample of slod has an exemplar. As in Prometheus, a query without selectors has no content.
Response exemplars(const std::string& query, const std::stop_token& stop) {
  const auto expr = read_alone(query, "", stop);
  if (!expr) return expr.error();
  if (promql::selectors(**expr).empty()) return {.status = 204};
  return success("[]");
}

Response parsed(const std::string& query, const std::stop_token& stop) {
  const auto expr = read_alone(query, "query", stop);
  if (!expr) return expr.error();
  const auto tree = syntax_tree(**expr);
  if (tree) return success(json_text(*tree));
  return failed(invalid_parameter("query", "the expression is nested too deeply for JSON"));
}

Response formatted(const std::string& query, const std::stop_token& stop) {
  const auto expr = read_alone(query, "query", stop);
  if (!expr) return expr.error();
  std::string json;
  append_json_text(json, promql::pretty(**expr));
  return success(json);
}

RouteReply query_job(Daemon& daemon, std::expected<QueryRequest, Failure> asked) {
  if (!asked) return failed(asked.error());
  const Duration limit = asked->timeout;
  const auto now = std::chrono::steady_clock::now();
  return job(
      daemon,
      [query = std::move(*asked), samples = daemon.samples(), now](const std::stop_token& stop) {
        return run_query(query, samples, now, stop);
      },
      limit);
}

RouteReply reading_job(Daemon& daemon, const Request& request,
                       Response (*read)(const std::string&, const std::stop_token&)) {
  return job(daemon, [text = std::string(parameter(request, "query")),
                      read](const std::stop_token& stop) { return read(text, stop); });
}

Duration timeout_of(const Daemon& daemon) {
  return daemon.engine().config().query.timeout;
}

}  // namespace

RouteReply instant_query(Daemon& daemon, const Request& request) {
  return query_job(daemon, instant_request(request, daemon.now(), timeout_of(daemon)));
}

RouteReply range_query(Daemon& daemon, const Request& request) {
  return query_job(daemon, range_request(request, timeout_of(daemon)));
}

RouteReply query_exemplars(Daemon& daemon, const Request& request) {
  const auto start = time_parameter(request, "start", earliest);
  if (!start) return failed(start.error());
  const auto end = time_parameter(request, "end", latest);
  if (!end) return failed(end.error());
  if (*end < *start) {
    return failed({ErrorType::bad_data, "end timestamp must not be before start timestamp"});
  }
  return reading_job(daemon, request, exemplars);
}

RouteReply format_query(Daemon& daemon, const Request& request) {
  return reading_job(daemon, request, formatted);
}

RouteReply parse_query(Daemon& daemon, const Request& request) {
  return reading_job(daemon, request, parsed);
}

RouteReply series(Daemon& daemon, const Request& request) {
  return series_job(daemon, series_request(request), run_series);
}

RouteReply labels(Daemon& daemon, const Request& request) {
  return series_job(daemon, labels_request(request), run_labels);
}

RouteReply label_values(Daemon& daemon, const Request& request, std::string_view name) {
  return series_job(daemon, label_values_request(request, name), run_label_values);
}

RouteReply metadata(Daemon& daemon, const Request& request) {
  auto asked = metadata_request(request);
  if (!asked) return failed(asked.error());
  return job_of_snapshot(daemon, request, "metadata",
                         [wanted = std::move(*asked), known = daemon.metadata(),
                          own = daemon.metrics_page()]() mutable {
                           known.add(read_metadata(own(), [](std::string_view) { return true; }));
                           return run_metadata(wanted, known);
                         });
}

RouteReply rules(Daemon& daemon, const Request& request) {
  auto asked = rules_request(request);
  if (!asked) return failed(asked.error());
  return job_of_snapshot(daemon, request, "rules",
                         [wanted = std::move(*asked), snapshot = daemon.engine().snapshot(),
                          url = daemon.engine().config().external_url] {
                           return run_rules(wanted, all_groups(*snapshot, url));
                         });
}

RouteReply alerts(Daemon& daemon, const Request& request) {
  return job_of_snapshot(
      daemon, request, "alerts",
      [snapshot = daemon.engine().snapshot(), url = daemon.engine().config().external_url] {
        return run_alerts(all_groups(*snapshot, url));
      });
}

RouteReply targets(Daemon& daemon, const Request& request) {
  return job(
      daemon,
      [all = targets_of(daemon.engine().config(), daemon.engine().plan(), daemon.last_scrapes()),
       state = std::string(parameter(request, "state")),
       pool = std::string(parameter(request, "scrapePool"))](const std::stop_token&) {
        return targets_response(all, state, pool);
      });
}

RouteReply scrape_pools(Daemon& daemon) {
  return scrape_pools_response(
      targets_of(daemon.engine().config(), daemon.engine().plan(), daemon.last_scrapes()));
}

}  // namespace slod::prometheus_api
