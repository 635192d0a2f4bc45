#include "daemon/api/snapshot_metrics.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "daemon/api/collected_family.h"

namespace slod {
namespace {

MetricLabels labels_of(const SloSnapshot& slo) {
  return {{"service", slo.definition->service}, {"slo", slo.definition->name}};
}

std::map<DoubtReason, Events> by_reason(const std::vector<Doubt>& doubts) {
  std::map<DoubtReason, Events> sums;
  for (const Doubt& doubt : doubts) {
    sums[doubt.reason].total += doubt.total;
    sums[doubt.reason].bad += doubt.bad;
  }
  return sums;
}

}  // namespace

std::vector<prometheus::MetricFamily> SnapshotMetrics::Collect() const {
  using enum prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  CollectedFamily objective("slod_slo_objective_ratio", "The objective, 0 to 1.", Gauge);
  CollectedFamily sli("slod_slo_sli_ratio", "Share of good events over the SLO's window.", Gauge);
  CollectedFamily spent("slod_slo_budget_spent_ratio", "Share of the error budget that is spent.",
                        Gauge);
  CollectedFamily burn("slod_slo_burn_rate", "How fast the budget burns; 1 spends it exactly.",
                       Gauge);
  CollectedFamily coverage("slod_slo_coverage_ratio", "Share of the window that was read.", Gauge);
  CollectedFamily events("slod_slo_events_total", "Events counted since the ledger began.",
                         Counter);
  CollectedFamily doubtful("slod_slo_doubtful_events",
                           "Events of the SLO's window of which it is not certain whether they "
                           "happened then.",
                           Gauge);
  CollectedFamily disagree("slod_slo_counts_disagree",
                           "1 while the good or bad events are no part of the total.", Gauge);
  // The label quantile is a summary's: on a gauge, linters object to it.
  CollectedFamily latency("slod_latency_seconds", "Quantile of latency over the SLO's window.",
                          Untyped);
  for (const SloSnapshot& slo : snapshot_.slos) {
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
    for (const auto& [reason, in_doubt] : by_reason(slo.reading.doubts)) {
      const MetricLabels labels = with(labels_of(slo), "reason", std::string(to_string(reason)));
      doubtful.add(with(labels, "outcome", "good"), in_doubt.total - in_doubt.bad);
      doubtful.add(with(labels, "outcome", "bad"), in_doubt.bad);
    }
    if (!slo.finding.empty()) disagree.add(labels_of(slo), 1);
    if (slo.reading.latency) {
      latency.add(
          with(with(labels_of(slo), "quantile", fmt::format("{}", slo.reading.latency->quantile)),
               "window", window),
          slo.reading.latency->seconds.value);
    }
  }
  CollectedFamily level("slod_freeze_level", "0 open, 1 feature_freeze, 2 hotfix_only.", Gauge);
  for (const ServiceSnapshot& service : snapshot_.services) {
    level.add({{"service", service.name}}, static_cast<double>(service.level));
  }
  for (CollectedFamily* family : {&objective, &sli, &spent, &burn, &coverage, &events, &doubtful,
                                  &disagree, &latency, &level}) {
    family->into(families);
  }
  return families;
}

}  // namespace slod
