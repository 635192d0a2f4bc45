#include "daemon/api/prometheus/targets.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>

#include "daemon/api/prometheus/reply.h"
#include "daemon/ingest/source.h"
#include "lib/config/redacted.h"
#include "lib/json/text.h"
#include "lib/promql/characters.h"

namespace slod::prometheus_api {
namespace {

namespace json = boost::json;

Labels discovered_labels(const config::ScrapeJob& job, const config::HostPort& target) {
  Labels labels = job.labels;
  labels.set("job", job.job);
  labels.set("__address__", target.text());
  labels.set("__metrics_path__", config::without_query(job.path));
  labels.set("__scheme__", job.https ? "https" : "http");
  labels.set("__scrape_interval__", format_duration(job.interval));
  labels.set("__scrape_timeout__", format_duration(job.timeout));
  return labels;
}

std::optional<LastScrape> last_scrape_of(const LastScrapes& last_scrapes, std::string_view source) {
  const auto found = last_scrapes.find(source);
  return found == last_scrapes.end() ? std::nullopt : std::optional(found->second);
}

Target target_of(const config::Config& config, ConfiguredTarget configured,
                 const SourcePlan& source) {
  const config::ScrapeJob& job = config.scrape[configured.job];
  return {.pool = job.job,
          .discovered = discovered_labels(job, job.targets[configured.target]),
          .labels = source.options.target_labels,
          .url = config::without_query(access_of(config, source).url),
          .interval = job.interval,
          .timeout = job.timeout,
          .last_scrape = {}};
}

Target target_of(const config::Config& config, ConfiguredServer configured,
                 const SourcePlan& source) {
  const config::PrometheusServer& server = config.prometheus[configured.server];
  return {.pool = source.name,
          .discovered = {{"__address__", server.url}},
          .labels = {{"instance", server.url}, {"job", source.name}},
          .url = whole_url(access_of(config, source)),
          .interval = server.interval,
          .timeout = server.timeout,
          .last_scrape = {}};
}

json::object active_json(const Target& target) {
  const std::optional<LastScrape>& last = target.last_scrape;
  return {{"discoveredLabels", labels_json(target.discovered)},
          {"labels", labels_json(target.labels)},
          {"scrapePool", target.pool},
          {"scrapeUrl", target.url},
          {"globalUrl", target.url},
          {"lastError", last ? last->error : std::string()},
          {"lastScrape", last ? format_instant(last->at) : "0001-01-01T00:00:00Z"},
          {"lastScrapeDuration", last ? seconds(last->took) : 0.0},
          {"health", !last               ? "unknown"
                     : last->succeeded() ? "up"
                                         : "down"},
          {"scrapeInterval", format_duration(target.interval)},
          {"scrapeTimeout", format_duration(target.timeout)}};
}

}  // namespace

std::vector<Target> targets_of(const config::Config& config, const Plan& plan,
                               const LastScrapes& last_scrapes) {
  std::vector<Target> targets;
  std::set<ConfiguredTarget> scraped;
  for (const SourcePlan& source : plan.sources) {
    if (const auto* target = std::get_if<ConfiguredTarget>(&source.configured)) {
      scraped.insert(*target);
    }
    targets.push_back(
        std::visit([&](const auto& configured) { return target_of(config, configured, source); },
                   source.configured));
    targets.back().last_scrape = last_scrape_of(last_scrapes, source.name);
  }
  for (std::size_t i = 0; i < config.scrape.size(); ++i) {
    const config::ScrapeJob& job = config.scrape[i];
    for (std::size_t j = 0; j < job.targets.size(); ++j) {
      if (scraped.contains({i, j})) continue;
      targets.push_back({.pool = job.job,
                         .discovered = discovered_labels(job, job.targets[j]),
                         .labels = {},
                         .url = {},
                         .last_scrape = {},
                         .is_dropped = true});
    }
  }
  return targets;
}

Response targets_response(const std::vector<Target>& targets, std::string_view state,
                          std::string_view pool) {
  const std::string wanted = promql::lower(state);
  const bool with_active = wanted.empty() || wanted == "any" || wanted == "active";
  const bool with_dropped = wanted.empty() || wanted == "any" || wanted == "dropped";
  json::array active;
  json::array dropped;
  std::map<std::string, std::size_t> dropped_counts;
  for (const Target& target : targets) {
    if (!pool.empty() && target.pool != pool) continue;
    dropped_counts[target.pool] += target.is_dropped ? 1 : 0;
    if (!target.is_dropped && with_active) active.push_back(active_json(target));
    if (target.is_dropped && with_dropped) {
      dropped.push_back(
          {{"discoveredLabels", labels_json(target.discovered)}, {"scrapePool", target.pool}});
    }
  }
  json::object counts;
  if (with_dropped) {
    for (const auto& [name, count] : dropped_counts) counts[name] = count;
  }
  return success(json_text(json::object{{"activeTargets", std::move(active)},
                                        {"droppedTargets", std::move(dropped)},
                                        {"droppedTargetCounts", std::move(counts)}}));
}

Response scrape_pools_response(const std::vector<Target>& targets) {
  std::set<std::string> names;
  for (const Target& target : targets) names.insert(target.pool);
  json::array pools;
  for (const std::string& name : names) pools.push_back(json::value(name));
  return success(json_text(json::object{{"scrapePools", std::move(pools)}}));
}

}  // namespace slod::prometheus_api
