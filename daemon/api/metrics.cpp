#include "daemon/api/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <utility>

#include "daemon/api/collected_family.h"
#include "daemon/api/process_metrics.h"
#include "daemon/api/registry_families.h"
#include "daemon/api/snapshot_metrics.h"
#include "daemon/version/version.h"

namespace slod {
namespace {

using prometheus::MetricFamily;

const prometheus::Histogram::BucketBoundaries duration_bounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
    0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

/// Clients make up methods, and each would be a series for ever.
std::string_view shown_method(std::string_view method) {
  constexpr std::array<std::string_view, 9> known{"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                                  "DELETE", "OPTIONS", "CONNECT", "TRACE"};
  if (method.empty()) return "unreadable";
  return std::ranges::find(known, method) == known.end() ? "other" : method;
}

std::string serialized(const std::vector<MetricFamily>& families) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

/// Makes a counter what its source has counted so far.
void follow(prometheus::Counter& counter, double counted) {
  counter.Increment(std::max(0.0, counted - counter.Value()));
}

}  // namespace

Metrics::Metrics()
    : http_requests_(counters(registry_, "slod_http_requests_total", "Requests answered.")),
      http_duration_(prometheus::BuildHistogram()
                         .Name("slod_http_request_duration_seconds")
                         .Help("From a request's first byte to the end of its answer.")
                         .Register(registry_)),
      notifications_(counters(registry_, "slod_notifications_total",
                              "Attempts to notify a receiver, by result.")),
      commits_(
          counters(registry_, "slod_store_commits_total", "Transactions of the state, by result.")),
      reloads_(counters(registry_, "slod_config_reloads_total",
                        "Reloads of the configuration, by result.")),
      tasks_failed_(counters(registry_, "slod_task_failures_total",
                             "Tasks of slod that failed and were started again.")),
      step_late_(counters(registry_, "slod_step_late_seconds_total",
                          "By how much steps of the engine came late.")
                     .Add({})),
      commit_seconds_(
          gauges(registry_, "slod_store_commit_seconds",
                 "How long the last commit took, or so far the one under way if that is longer.")
              .Add({})),
      last_commit_successful_(gauges(registry_, "slod_store_last_commit_successful",
                                     "Whether the last commit was stored.")
                                  .Add({})),
      last_reload_at_(
          gauges(registry_, "slod_config_last_reload_timestamp_seconds", "The last good reload.")
              .Add({})),
      last_reload_successful_(gauges(registry_, "slod_config_last_reload_successful",
                                     "Whether the last reload of the configuration succeeded.")
                                  .Add({})),
      query_series_(
          gauges(registry_, "slod_query_series", "Series whose samples are kept for queries.")
              .Add({})),
      query_bytes_(
          gauges(registry_, "slod_query_memory_bytes", "Memory of the samples for queries.")
              .Add({})),
      query_kept_(gauges(registry_, "slod_query_kept_seconds",
                         "How far back the samples for queries reach.")
                      .Add({})),
      query_refused_(counters(registry_, "slod_query_samples_refused_total",
                              "Samples not kept for want of memory.")
                         .Add({})),
      rules_missed_(
          counters(registry_, "slod_rule_group_iterations_missed_total",
                   "Evaluations of groups of rules that were left out because they were late.")
              .Add({})),
      rules_failed_(counters(registry_, "slod_rule_evaluation_failures_total",
                             "Evaluations of rules that failed.")
                        .Add({})) {
  for (const char* task : {"read", "step"}) tasks_failed_.Add({{"task", task}});
  last_commit_successful_.Set(1);
  last_reload_successful_.Set(1);
  gauges(registry_, "slod_build_info", "Always 1; the labels say what runs.")
      .Add({{"version", std::string(version)}})
      .Set(1);
}

void Metrics::http_request(std::string_view asked_method, std::string_view route, int status,
                           std::chrono::microseconds took) {
  const std::string_view method = shown_method(asked_method);
  const std::tuple key(method, route, status);
  auto found = http_.find(key);
  if (found == http_.end()) {
    const std::string method_text(method);
    const std::string route_text(route);
    found = http_
                .emplace(std::tuple(method_text, route_text, status),
                         HttpInstruments{
                             &http_requests_.Add({{"code", std::to_string(status)},
                                                  {"method", method_text},
                                                  {"path", route_text}}),
                             &http_duration_.Add({{"method", method_text}, {"path", route_text}},
                                                 duration_bounds)})
                .first;
  }
  found->second.requests->Increment();
  found->second.duration->Observe(std::chrono::duration<double>(took).count());
}

void Metrics::notification(const std::string& receiver, std::string_view result) {
  notifications_.Add({{"receiver", receiver}, {"result", std::string(result)}}).Increment();
}

void Metrics::commit(bool succeeded, Duration took) {
  commits_.Add({{"result", succeeded ? "stored" : "failed"}}).Increment();
  last_commit_seconds_ = seconds(took);
  commit_seconds_.Set(last_commit_seconds_);
  last_commit_successful_.Set(succeeded ? 1 : 0);
}

void Metrics::commit_under_way(Duration so_far) {
  commit_seconds_.Set(std::max(last_commit_seconds_, seconds(so_far)));
}

void Metrics::reload(bool succeeded, Instant at) {
  reloads_.Add({{"result", succeeded ? "taken" : "refused"}}).Increment();
  last_reload_successful_.Set(succeeded ? 1 : 0);
  if (succeeded) last_reload_at_.Set(unix_seconds(at));
}

void Metrics::samples(const SampleFigures& figures) {
  query_series_.Set(static_cast<double>(figures.series));
  query_bytes_.Set(static_cast<double>(figures.memory_bytes));
  query_kept_.Set(seconds(figures.kept));
  follow(query_refused_, static_cast<double>(figures.refused));
}

void Metrics::rules(const RuleGroups::Figures& figures) {
  follow(rules_missed_, static_cast<double>(figures.missed));
  follow(rules_failed_, static_cast<double>(figures.failures));
}

std::vector<MetricFamily> Metrics::own_families(std::size_t outbox_pending) const {
  std::vector<MetricFamily> families = registry_.Collect();
  CollectedFamily pending("slod_outbox_pending", "Messages that wait for their receivers.",
                          prometheus::MetricType::Gauge);
  pending.add({}, static_cast<double>(outbox_pending));
  pending.into(families);
  std::ranges::move(ProcessMetrics().Collect(), std::back_inserter(families));
  return families;
}

std::vector<MetricFamily> Metrics::families(const Snapshot& snapshot,
                                            std::size_t outbox_pending) const {
  std::vector<MetricFamily> families = own_families(outbox_pending);
  std::ranges::move(SnapshotMetrics(snapshot).Collect(), std::back_inserter(families));
  return families;
}

std::string Metrics::text(const std::shared_ptr<const Snapshot>& snapshot,
                          std::size_t outbox_pending) const {
  return serialized(own_families(outbox_pending)) + *text_of(snapshot);
}

/// The text of a snapshot's metrics, made once.
std::shared_ptr<const std::string> Metrics::text_of(
    const std::shared_ptr<const Snapshot>& snapshot) const {
  const std::lock_guard lock(text_mutex_);
  if (!text_ || text_source_.lock() != snapshot) {
    text_ = std::make_shared<const std::string>(serialized(SnapshotMetrics(*snapshot).Collect()));
    text_source_ = snapshot;
  }
  return text_;
}

}  // namespace slod
