#include "daemon/api/prometheus/prometheus_api.h"

#include <chrono>
#include <utility>

#include "daemon/api/daemon.h"
#include "daemon/api/prometheus/metadata.h"
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
template <class Run>
PoolJob job(Run run, std::optional<Duration> limit = std::nullopt) {
  return {.run = std::move(run), .limit = limit, .error = refused};
}

using SeriesRun = Response (*)(const SeriesRequest&, const SamplesOnLoop&, const std::stop_token&);

RouteReply series_job(std::expected<SeriesRequest, Failure> asked, const SamplesOnLoop& samples,
                      SeriesRun run) {
  if (!asked) return failed(asked.error());
  return job([request = std::move(*asked), samples, run](const std::stop_token& stop) {
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

Response parsed(const std::string& query) {
  const auto expr = promql::parse(query);
  if (!expr) return failed(invalid_parameter("query", expr.error().text(query)));
  const auto tree = syntax_tree(**expr);
  if (tree) return success(json_text(*tree));
  return failed(invalid_parameter("query", "the expression is nested too deeply for JSON"));
}

Response formatted(const std::string& query) {
  const auto expr = promql::parse(query);
  if (!expr) return failed(invalid_parameter("query", expr.error().text(query)));
  std::string json;
  append_json_text(json, promql::pretty(**expr));
  return success(json);
}

RouteReply query_job(std::expected<QueryRequest, Failure> asked, SamplesOnLoop samples) {
  if (!asked) return failed(asked.error());
  const auto limit = asked->timeout;
  const auto now = std::chrono::steady_clock::now();
  return job([query = std::move(*asked), samples = std::move(samples),
              now](const std::stop_token& stop) { return run_query(query, samples, now, stop); },
             limit);
}

}  // namespace

RouteReply instant_query(Daemon& daemon, const Request& request) {
  return query_job(instant_request(request, daemon.now()), daemon.samples());
}

RouteReply range_query(Daemon& daemon, const Request& request) {
  return query_job(range_request(request), daemon.samples());
}

RouteReply query_exemplars(Daemon& /*daemon*/, const Request& request) {
  const auto start = time_parameter(request, "start", earliest);
  if (!start) return failed(start.error());
  const auto end = time_parameter(request, "end", latest);
  if (!end) return failed(end.error());
  if (*end < *start) {
    return failed({ErrorType::bad_data, "end timestamp must not be before start timestamp"});
  }
  return job([text = std::string(parameter(request, "query"))](const std::stop_token&) {
    return exemplars(text);
  });
}

RouteReply format_query(Daemon& /*daemon*/, const Request& request) {
  return job([text = std::string(parameter(request, "query"))](const std::stop_token&) {
    return formatted(text);
  });
}

RouteReply parse_query(Daemon& /*daemon*/, const Request& request) {
  return job([text = std::string(parameter(request, "query"))](const std::stop_token&) {
    return parsed(text);
  });
}

RouteReply series(Daemon& daemon, const Request& request) {
  return series_job(series_request(request), daemon.samples(), run_series);
}

RouteReply labels(Daemon& daemon, const Request& request) {
  return series_job(labels_request(request), daemon.samples(), run_labels);
}

RouteReply label_values(Daemon& daemon, const Request& request, std::string_view name) {
  return series_job(label_values_request(request, name), daemon.samples(), run_label_values);
}

RouteReply metadata(Daemon& daemon, const Request& request) {
  auto asked = metadata_request(request);
  if (!asked) return failed(asked.error());
  return job([wanted = std::move(*asked), known = daemon.metadata(),
              own = daemon.metrics_page()](const std::stop_token&) mutable {
    known.add(read_metadata(own, [](std::string_view) { return true; }));
    return run_metadata(wanted, known);
  });
}

RouteReply rules(Daemon& daemon, const Request& request) {
  auto asked = rules_request(request);
  if (!asked) return failed(asked.error());
  return job([wanted = std::move(*asked), snapshot = daemon.engine().snapshot(),
              url = daemon.engine().config().external_url](const std::stop_token&) {
    return run_rules(wanted, all_groups(*snapshot, url));
  });
}

RouteReply alerts(Daemon& daemon) {
  return job([snapshot = daemon.engine().snapshot(), url = daemon.engine().config().external_url](
                 const std::stop_token&) { return run_alerts(all_groups(*snapshot, url)); });
}

RouteReply targets(Daemon& daemon, const Request& request) {
  return job(
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
