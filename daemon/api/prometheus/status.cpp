// /api/v1/status/*: what slod says of itself in the terms of Prometheus.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/api/daemon.h"
#include "daemon/api/prometheus/ending.h"
#include "daemon/api/prometheus/metered.h"
#include "daemon/api/prometheus/parameters.h"
#include "daemon/api/prometheus/prometheus_api.h"
#include "daemon/net/server.h"
#include "daemon/version/version.h"
#include "lib/json/text.h"
#include "lib/query/evaluate.h"

namespace slod::prometheus_api {
namespace {

namespace json = boost::json;

constexpr std::string_view api_version = "3.0.0";  ///< of the Prometheus that slod answers as
constexpr long long statistics_default = 10;       ///< entries of each list
constexpr std::int64_t no_limit = 9'223'372'036'854'775'807;

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

using Counts = std::map<std::string, std::size_t, std::less<>>;

/// The largest counts, in falling order.
json::array largest(const Counts& counts, std::size_t limit) {
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (sorted.size() > limit) sorted.erase(sorted.begin() + static_cast<long>(limit), sorted.end());
  json::array out;
  for (const auto& [name, count] : sorted) out.push_back({{"name", name}, {"value", count}});
  return out;
}

/// How the series that are kept divide by names and labels.
Response statistics(const SampleSource& source, Interval kept, std::size_t limit,
                    const std::stop_token& stop) {
  Counts by_metric;
  Counts by_pair;
  Counts bytes_by_name;
  std::map<std::string, std::map<std::string, std::size_t>> values_by_name;
  const std::vector<Labels> all =
      source.series({}, {earliest, latest}, [&stop] { return has_to_end(stop); });
  for (const Labels& labels : all) {
    if (const auto ended = ending(stop, "the count of its series")) return failed(*ended);
    ++by_metric[std::string(labels.get("__name__"))];
    for (const auto& [name, value] : labels.pairs()) {
      ++by_pair[fmt::format("{}={}", name, value)];
      ++values_by_name[name][value];
      bytes_by_name[name] += value.size();
    }
  }
  Counts values;
  for (const auto& [name, of_name] : values_by_name) values[name] = of_name.size();
  return success(json_text(json::object{{"headStats",
                                         {{"numSeries", all.size()},
                                          {"numLabelPairs", by_pair.size()},
                                          {"chunkCount", 0},
                                          {"minTime", kept.begin.time_since_epoch().count()},
                                          {"maxTime", kept.end.time_since_epoch().count()}}},
                                        {"seriesCountByMetricName", largest(by_metric, limit)},
                                        {"labelValueCountByLabelName", largest(values, limit)},
                                        {"memoryInBytesByLabelName", largest(bytes_by_name, limit)},
                                        {"seriesCountByLabelValuePair", largest(by_pair, limit)}}));
}

}  // namespace

RouteReply build_version(Daemon& /*daemon*/) {
  // The version is that of the API, by which clients choose their calls. Without `features`, from
  // which Grafana would take slod for a Mimir.
  return success(json_text({{"version", api_version},
                            {"revision", fmt::format("slod {}", version)},
                            {"branch", ""},
                            {"buildUser", ""},
                            {"buildDate", ""},
                            {"goVersion", ""}}));
}

RouteReply runtime(Daemon& daemon) {
  const Reload reload = daemon.last_reload();
  std::error_code ignored;
  return success(json_text(
      {{"startTime", format_instant(daemon.started())},
       {"CWD", std::filesystem::current_path(ignored).string()},
       {"hostname", host_name()},
       {"serverTime", format_instant(daemon.now())},
       {"reloadConfigSuccess", reload.succeeded},
       {"lastConfigTime", format_instant(reload.at)},
       {"corruptionCount", 0},
       {"goroutineCount", 0},
       {"GOMAXPROCS", std::thread::hardware_concurrency()},
       {"GOMEMLIMIT", no_limit},
       {"GOGC", ""},
       {"GODEBUG", ""},
       {"storageRetention", format_duration(daemon.engine().samples().limits().retention)}}));
}

RouteReply flags(Daemon& daemon) {
  const config::Config& config = daemon.engine().config();
  const query::Options options;
  return success(json_text({{"query.lookback-delta", format_duration(options.lookback)},
                            {"query.max-concurrency", std::to_string(config.query.concurrency)},
                            {"query.max-samples", std::to_string(options.samples_max)},
                            {"query.timeout", format_duration(config.query.timeout)},
                            {"storage.tsdb.path", config.state},
                            {"storage.tsdb.retention.time",
                             format_duration(daemon.engine().samples().limits().retention)},
                            {"web.external-url", config.external_url},
                            {"web.listen-address", config.listen.text()}}));
}

RouteReply configuration(Daemon& daemon) {
  return SharedJob{.name = "configuration",
                   .source = daemon.engine().snapshot(),
                   .run =
                       [yaml = daemon.engine().config().redacted] {
                         return success(json_text(json::object{{"yaml", yaml}}));
                       },
                   .error = refused};
}

RouteReply storage(Daemon& daemon, const Request& request) {
  std::size_t limit = statistics_default;
  if (const std::string_view text = parameter(request, "limit"); !text.empty()) {
    const auto number = read_whole(text, "Atoi");
    if (!number || *number < 1)
      return failed({ErrorType::bad_data, "limit must be a positive number"});
    limit = static_cast<std::size_t>(*number);
  }
  const Instant now = daemon.now();
  const Interval kept{daemon.engine().samples().kept_since(now), now};
  Run run = [samples = daemon.samples(), kept, limit](const std::stop_token& stop) {
    const auto source = samples.open({{}}, {earliest, latest}, stop);
    if (const auto ended = ending(stop, "the search for series")) return failed(*ended);
    if (source) return statistics(*source, kept, limit, stop);
    return failed({ErrorType::canceled, "the request was canceled"});
  };
  return PoolJob{.run = metered(daemon.answer_memory(), std::move(run)),
                 .limit = daemon.engine().config().query.timeout,
                 .error = refused};
}

RouteReply alertmanagers(Daemon& daemon) {
  json::array active;
  for (const alert::Receiver& receiver : daemon.engine().config().alerting.receivers) {
    const auto* alertmanager = std::get_if<alert::Alertmanager>(&receiver.endpoint);
    if (!alertmanager) continue;
    for (const std::string& url : alertmanager->urls) {
      active.push_back({{"url", url + std::string(alert::Alertmanager::alerts_path)}});
    }
  }
  return success(json_text(json::object{{"activeAlertmanagers", std::move(active)},
                                        {"droppedAlertmanagers", json::array()}}));
}

}  // namespace slod::prometheus_api
