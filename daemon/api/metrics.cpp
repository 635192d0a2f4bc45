#include "daemon/api/metrics.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "daemon/api/process_figures.h"
#include "daemon/version/version.h"

namespace slod {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using MetricLabels = std::vector<ClientMetric::Label>;

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

/// A family whose values are known only now.
class Shown {
 public:
  Shown(std::string name, std::string help, MetricType type)
      : family_{std::move(name), std::move(help), type, {}} {}

  void add(MetricLabels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (family_.type == MetricType::Counter) {
      metric.counter.value = value;
    } else if (family_.type == MetricType::Untyped) {
      metric.untyped.value = value;
    } else {
      metric.gauge.value = value;
    }
    family_.metric.push_back(std::move(metric));
  }
  /// A value that does not exist is no series: it is neither 0 nor NaN.
  void add(MetricLabels labels, std::optional<double> value) {
    if (value) add(std::move(labels), *value);
  }

  void into(std::vector<MetricFamily>& families) {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
  }

 private:
  MetricFamily family_;
};

MetricLabels labels_of(const SloSnapshot& slo) {
  return {{"service", slo.definition->service}, {"slo", slo.definition->name}};
}

MetricLabels with(MetricLabels labels, std::string name, std::string value) {
  labels.push_back({std::move(name), std::move(value)});
  return labels;
}

void show_slos(const Snapshot& snapshot, std::vector<MetricFamily>& families) {
  using enum MetricType;
  Shown objective("slod_slo_objective_ratio", "The objective, 0 to 1.", Gauge);
  Shown sli("slod_slo_sli_ratio", "Share of good events over the SLO's window.", Gauge);
  Shown spent("slod_slo_budget_spent_ratio", "Share of the error budget that is spent.", Gauge);
  Shown burn("slod_slo_burn_rate", "How fast the budget burns; 1 spends it exactly.", Gauge);
  Shown coverage("slod_slo_coverage_ratio", "Share of the window that was read.", Gauge);
  Shown events("slod_slo_events_total", "Events counted since the ledger began.", Counter);
  // The label quantile is a summary's: on a gauge, linters object to it.
  Shown latency("slod_latency_seconds", "Quantile of latency over the SLO's window.", Untyped);
  for (const SloSnapshot& slo : snapshot.slos) {
    const std::string window = to_text(slo.definition->window);
    objective.add(labels_of(slo), slo.definition->objective);
    sli.add(with(labels_of(slo), "window", window), slo.reading.sli_ratio);
    spent.add(labels_of(slo), slo.budget.spent_ratio);
    for (const WindowBurn& rate : slo.burn_rates) {
      burn.add(with(labels_of(slo), "window", format_duration(rate.window)), rate.value);
    }
    coverage.add(labels_of(slo), slo.budget.coverage_ratio);
    events.add(with(labels_of(slo), "outcome", "good"), slo.lifetime.total - slo.lifetime.bad);
    events.add(with(labels_of(slo), "outcome", "bad"), slo.lifetime.bad);
    if (slo.reading.latency) {
      latency.add(
          with(with(labels_of(slo), "quantile", fmt::format("{}", slo.reading.latency->quantile)),
               "window", window),
          slo.reading.latency->seconds.value);
    }
  }
  Shown level("slod_freeze_level", "0 open, 1 feature_freeze, 2 hotfix_only.", Gauge);
  for (const ServiceSnapshot& service : snapshot.services) {
    level.add({{"service", service.name}}, static_cast<double>(service.level));
  }
  for (Shown* shown : {&objective, &sli, &spent, &burn, &coverage, &events, &latency, &level}) {
    shown->into(families);
  }
}

/// Under the names that every client library gives them.
void show_process(std::vector<MetricFamily>& families) {
  using enum MetricType;
  const auto figures = process_figures();
  if (!figures) return;
  const auto show = [&](std::string name, std::string help, MetricType type, double value) {
    Shown shown(std::move(name), std::move(help), type);
    shown.add(MetricLabels{}, value);
    shown.into(families);
  };
  show("process_cpu_seconds_total", "User and system time since the start.", Counter,
       figures->cpu_seconds);
  show("process_resident_memory_bytes", "Memory that is held in RAM.", Gauge,
       static_cast<double>(figures->resident_bytes));
  show("process_open_fds", "File descriptors in use.", Gauge,
       static_cast<double>(figures->open_files));
  show("process_max_fds", "File descriptors that may be in use.", Gauge,
       static_cast<double>(figures->open_files_max));
  show("process_start_time_seconds", "When it started, in Unix seconds.", Gauge,
       figures->start_unix_seconds);
}

}  // namespace

Metrics::Metrics()
    : http_requests_(prometheus::BuildCounter()
                         .Name("slod_http_requests_total")
                         .Help("Requests answered.")
                         .Register(registry_)),
      http_duration_(prometheus::BuildHistogram()
                         .Name("slod_http_request_duration_seconds")
                         .Help("From a request's first byte to the end of its answer.")
                         .Register(registry_)),
      notifications_(prometheus::BuildCounter()
                         .Name("slod_notifications_total")
                         .Help("Attempts to tell a receiver, by result.")
                         .Register(registry_)),
      commits_(prometheus::BuildCounter()
                   .Name("slod_store_commits_total")
                   .Help("Transactions of the state, by result.")
                   .Register(registry_)),
      reloads_(prometheus::BuildCounter()
                   .Name("slod_config_reloads_total")
                   .Help("Reloads of the configuration, by result.")
                   .Register(registry_)) {}

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

void Metrics::scrape(const std::string& source, const ScrapeFigures& figures) {
  ScrapeTotals& totals = scrapes_[source];
  totals.last = figures;
  totals.attempts += 1;
  totals.failures += figures.up ? 0 : 1;
  totals.ignored += static_cast<double>(figures.ignored);
}

void Metrics::forget_scrapes_except(const std::map<std::string, bool>& sources) {
  std::erase_if(scrapes_, [&](const auto& entry) { return !sources.contains(entry.first); });
}

void Metrics::notification(const std::string& receiver, std::string_view result) {
  notifications_.Add({{"receiver", receiver}, {"result", std::string(result)}}).Increment();
}

void Metrics::commit(bool succeeded, Duration took) {
  commits_.Add({{"result", succeeded ? "stored" : "failed"}}).Increment();
  last_commit_seconds_ = seconds(took);
  last_commit_succeeded_ = succeeded;
  commit_under_way_seconds_ = 0;
}

void Metrics::reload(bool succeeded, Instant at) {
  reloads_.Add({{"result", succeeded ? "taken" : "refused"}}).Increment();
  last_reload_succeeded_ = succeeded;
  if (succeeded) last_reload_seconds_ = unix_seconds(at);
}

/// Whether slod itself does what it should: its disk, its configuration, its pace.
void Metrics::show_health(std::vector<MetricFamily>& families) const {
  using enum MetricType;
  Shown committed("slod_store_commit_seconds",
                  "How long the last commit took, or so far the one under way if that is longer.",
                  Gauge);
  committed.add(MetricLabels{}, std::max(last_commit_seconds_, commit_under_way_seconds_));
  Shown stored("slod_store_last_commit_successful", "Whether the last commit was stored.", Gauge);
  stored.add(MetricLabels{}, last_commit_succeeded_ ? 1.0 : 0.0);
  Shown reloaded("slod_config_last_reload_timestamp_seconds", "The last good reload.", Gauge);
  reloaded.add(MetricLabels{}, last_reload_seconds_);
  Shown taken("slod_config_last_reload_successful",
              "Whether the configuration on disk was taken up at the last reload.", Gauge);
  taken.add(MetricLabels{}, last_reload_succeeded_ ? 1.0 : 0.0);
  Shown late("slod_step_late_seconds_total", "By how much steps of the engine came late.", Counter);
  late.add(MetricLabels{}, step_late_seconds_);
  for (Shown* shown : {&committed, &stored, &reloaded, &taken, &late}) shown->into(families);
}

std::vector<MetricFamily> Metrics::families(const Snapshot& snapshot,
                                            std::size_t outbox_pending) const {
  using enum MetricType;
  std::vector<MetricFamily> families = registry_.Collect();
  show_slos(snapshot, families);
  Shown up("slod_scrape_up", "Whether the last read of a source succeeded.", Gauge);
  Shown took("slod_scrape_duration_seconds", "How long the last read took.", Gauge);
  Shown bytes("slod_scrape_body_bytes", "Size of the last page, decompressed.", Gauge);
  Shown samples("slod_scrape_samples_scraped", "Samples on the last page.", Gauge);
  Shown demanded("slod_scrape_samples_demanded", "Of these, of series that an SLO or a rule needs.",
                 Gauge);
  Shown attempts("slod_scrapes_total", "Reads of a source.", Counter);
  Shown failures("slod_scrape_failures_total", "Reads that failed.", Counter);
  Shown ignored("slod_scrape_samples_ignored_total", "Samples without a usable value.", Counter);
  for (const auto& [source, totals] : scrapes_) {
    const MetricLabels labels{{"source", source}};
    up.add(labels, totals.last.up ? 1.0 : 0.0);
    took.add(labels, seconds(totals.last.took));
    bytes.add(labels, static_cast<double>(totals.last.body_bytes));
    samples.add(labels, static_cast<double>(totals.last.samples));
    demanded.add(labels, static_cast<double>(totals.last.demanded));
    attempts.add(labels, totals.attempts);
    failures.add(labels, totals.failures);
    ignored.add(labels, totals.ignored);
  }
  Shown pending("slod_outbox_pending", "Messages that wait for their receivers.", Gauge);
  pending.add(MetricLabels{}, static_cast<double>(outbox_pending));
  Shown kept_series("slod_query_series", "Series whose samples are kept for queries.", Gauge);
  kept_series.add(MetricLabels{}, static_cast<double>(samples_.series));
  Shown kept_bytes("slod_query_memory_bytes", "Memory of the samples for queries.", Gauge);
  kept_bytes.add(MetricLabels{}, static_cast<double>(samples_.memory_bytes));
  Shown kept("slod_query_kept_seconds", "How far back the samples for queries reach.", Gauge);
  kept.add(MetricLabels{}, seconds(samples_.kept));
  Shown refused("slod_query_samples_refused_total", "Samples not kept for want of memory.",
                Counter);
  refused.add(MetricLabels{}, static_cast<double>(samples_.refused));
  Shown missed("slod_rule_group_iterations_missed_total",
               "Evaluations of groups of rules that were left out because they were late.",
               Counter);
  missed.add(MetricLabels{}, static_cast<double>(rules_.missed));
  Shown failed("slod_rule_evaluation_failures_total", "Evaluations of rules that failed.", Counter);
  failed.add(MetricLabels{}, static_cast<double>(rules_.failures));
  Shown build("slod_build_info", "Always 1; the labels say what runs.", Gauge);
  build.add({{"version", std::string(version)}}, 1.0);
  for (Shown* shown :
       {&up, &took, &bytes, &samples, &demanded, &attempts, &failures, &ignored, &pending,
        &kept_series, &kept_bytes, &kept, &refused, &missed, &failed, &build}) {
    shown->into(families);
  }
  show_health(families);
  show_process(families);
  return families;
}

std::string Metrics::text(const Snapshot& snapshot, std::size_t outbox_pending) const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families(snapshot, outbox_pending));
  return std::move(out).str();
}

}  // namespace slod
