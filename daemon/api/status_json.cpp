#include "daemon/api/status_json.h"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <string>
#include <utility>

#include "daemon/api/daemon.h"
#include "daemon/version/version.h"
#include "lib/json/nullable.h"
#include "lib/series/source_clock.h"

namespace slod {
namespace {

namespace json = boost::json;

json::array sources_json(const Engine& engine, const LastScrapes& last_scrapes) {
  json::array sources;
  for (const SourcePlan& source : engine.plan().sources) {
    json::object shown{
        {"source", source.name}, {"interval_seconds", seconds(source.options.interval)},
        {"up", nullptr},         {"error", nullptr},
        {"last_read", nullptr},  {"duration_seconds", nullptr},
        {"url", nullptr},        {"clock_skew_seconds", nullptr},
        {"finding", nullptr}};
    if (const auto last = last_scrapes.find(source.name); last != last_scrapes.end()) {
      shown["up"] = last->second.succeeded();
      shown["error"] = sentence(last->second.error);
      shown["last_read"] = format_instant(last->second.at);
      shown["duration_seconds"] = seconds(last->second.took);
      shown["url"] = sentence(last->second.url);
      if (const auto skew = last->second.clock_skew) shown["clock_skew_seconds"] = seconds(*skew);
      shown["finding"] = sentence(clock_finding(source.name, last->second.clock_skew));
    }
    sources.push_back(std::move(shown));
  }
  return sources;
}

/// The SLOs of which something is wrong with what they count.
json::array findings_json(const Snapshot& snapshot) {
  json::array findings;
  for (const SloSnapshot& slo : snapshot.slos) {
    if (slo.finding.empty()) continue;
    findings.push_back({{"slo", to_text(slo.definition->id())}, {"finding", slo.finding}});
  }
  return findings;
}

/// The tasks of slod that failed since the start.
json::array tasks_json(const TaskBoard& board) {
  json::array tasks;
  for (const auto& [name, task] : board.failed()) {
    tasks.push_back({{"task", name},
                     {"failures", task.failures},
                     {"error", task.error},
                     {"failed_at", format_instant(task.at)}});
  }
  return tasks;
}

json::object outbox_json(const std::map<std::string, std::size_t>& by_receiver) {
  std::size_t pending = 0;
  json::object shown;
  for (const auto& [receiver, count] : by_receiver) {
    pending += count;
    shown[receiver] = count;
  }
  return {{"pending", pending}, {"pending_by_receiver", std::move(shown)}};
}

json::object samples_json(const Engine& engine, Instant now) {
  const RecentSamples& samples = engine.samples();
  return {{"series", samples.series_count()},
          {"memory_bytes", samples.memory_bytes()},
          {"memory_bytes_max", samples.limits().bytes_max},
          {"kept_seconds", seconds(now - samples.kept_since(now))},
          {"retention_seconds", seconds(samples.limits().retention)},
          {"refused", engine.samples_refused()}};
}

}  // namespace

json::object status_json(Daemon& daemon) {
  const Engine& engine = daemon.engine();
  const Instant now = daemon.now();
  const std::string not_ready = daemon.not_ready();
  const std::string store_problem = daemon.store_problem();
  const Reload reload = daemon.last_reload();
  return {{"version", version},
          {"ready", not_ready.empty()},
          {"not_ready_reason", sentence(not_ready)},
          {"started_at", format_instant(daemon.started())},
          {"uptime_seconds", seconds(now - daemon.started())},
          {"slos", engine.plan().slos.size()},
          {"sources", sources_json(engine, daemon.last_scrapes())},
          {"findings", findings_json(*engine.snapshot())},
          {"outbox", outbox_json(daemon.outbox_pending())},
          {"store",
           {{"stored", store_problem.empty()},
            {"error", sentence(store_problem)},
            {"problems", json::value_from(daemon.state_problems())}}},
          {"tasks", tasks_json(daemon.tasks())},
          {"steps", {{"late_ratio", daemon.late_ratio()}}},
          {"samples", samples_json(engine, now)},
          {"reload", {{"succeeded", reload.succeeded}, {"at", format_instant(reload.at)}}},
          {"evaluated_at", format_instant(now)}};
}

}  // namespace slod
