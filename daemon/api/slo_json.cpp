#include "daemon/api/slo_json.h"

#include <boost/json/array.hpp>
#include <cmath>
#include <optional>

#include "lib/json/nullable.h"

namespace slod {
namespace {

namespace json = boost::json;

json::object budget_json(const Budget& budget, std::optional<Instant> exhausted_at) {
  const bool has_events = budget.spent_ratio.has_value();
  return {{"basis", to_string(budget.basis)},
          {"allowed_bad", has_events ? json::value(budget.allowed_bad) : json::value(nullptr)},
          {"spent_least_ratio", nullable(budget.spent_least_ratio)},
          {"spent_ratio", nullable(budget.spent_ratio)},
          {"spent_worst_ratio", nullable(budget.spent_worst_ratio)},
          {"remaining_ratio", nullable(budget.remaining_ratio)},
          {"exhausted_at", nullable(exhausted_at.transform(format_instant))}};
}

json::value latency_json(const std::optional<LatencyReading>& latency) {
  if (!latency) return nullptr;
  const Quantile& seconds = latency->seconds;
  const auto bound = [](double value) {
    return std::isfinite(value) ? json::value(value) : json::value(nullptr);
  };
  return json::object{{"quantile", latency->quantile},
                      {"value_seconds", seconds.value},
                      {"lower_seconds", bound(seconds.lower)},
                      {"upper_seconds", bound(seconds.upper)},
                      {"error_ratio", nullable(seconds.relative_error)}};
}

json::array burn_rates_json(const SloSnapshot& slo) {
  json::array burns;
  for (const WindowBurn& burn : slo.burn_rates) {
    burns.push_back({{"window_seconds", seconds(burn.window)}, {"value", nullable(burn.value)}});
  }
  return burns;
}

json::array doubt_json(const std::vector<Doubt>& doubts) {
  json::array all;
  for (const Doubt& doubt : doubts) {
    all.push_back({{"reason", to_string(doubt.reason)},
                   {"source", doubt.source},
                   {"counted", doubt.is_counted},
                   {"total", doubt.total},
                   {"bad", doubt.bad},
                   {"from", format_instant(doubt.when.begin)},
                   {"to", format_instant(doubt.when.end)}});
  }
  return all;
}

json::object answer_json(const SloSnapshot& slo, const Reading& reading, const Budget& budget,
                         std::optional<Instant> exhausted_at, Duration window, Instant now) {
  const SloDefinition& definition = *slo.definition;
  json::value evidence_age = nullptr;
  if (slo.evidence.evidence_at && *slo.evidence.evidence_at <= now) {
    evidence_age = seconds(now - *slo.evidence.evidence_at);
  }
  return {{"service", definition.service},
          {"slo", definition.name},
          {"kind", definition.kind()},
          {"description", definition.description},
          {"owner", definition.owner},
          {"objective_ratio", definition.objective},
          {"window_seconds", seconds(window)},
          {"good", reading.good},
          {"total", reading.total},
          {"bad", reading.bad},
          {"sli_ratio", nullable(reading.sli_ratio)},
          {"observed_since", nullable(slo.observed_since.transform(format_instant))},
          {"budget", budget_json(budget, exhausted_at)},
          {"burn_rates", burn_rates_json(slo)},
          {"latency", latency_json(reading.latency)},
          {"coverage_ratio", nullable(reading.coverage_ratio)},
          {"edge_blur_seconds", reading.edge_blur_seconds},
          {"doubt", doubt_json(reading.doubts)},
          {"evidence_age_seconds", evidence_age},
          {"finding", sentence(slo.finding)},
          {"level", freeze::to_string(slo.evidence.standing.level)},
          {"alerts", alerts_json(slo)}};
}

}  // namespace

json::array alerts_json(const SloSnapshot& slo) {
  json::array alerts;
  for (const alert::Episode& episode : slo.episodes) {
    alerts.push_back({{"severity", episode.severity},
                      {"state", alert::to_string(episode.state)},
                      {"since", format_instant(episode.since)}});
  }
  return alerts;
}

json::object to_json(const SloSnapshot& slo, Instant now) {
  return answer_json(slo, slo.reading, slo.budget, slo.exhausted_at,
                     nominal_length(slo.definition->window), now);
}

json::object to_json(const SloSnapshot& slo, const WindowAnswer& answer, Duration window,
                     Instant now) {
  return answer_json(slo, answer.reading, answer.budget, std::nullopt, window, now);
}

void add_details(const SloSnapshot& slo, json::object& answer) {
  json::array rules;
  for (const alert::BurnRateRule& rule : slo.rules) {
    rules.push_back({{"severity", rule.severity},
                     {"long_window_seconds", seconds(rule.long_window)},
                     {"short_window_seconds", seconds(rule.short_window)},
                     {"factor", rule.factor}});
  }
  answer["runbook"] = slo.definition->runbook;
  answer["alert_rules"] = std::move(rules);
}

json::object timeline_json(const std::vector<TimelineSlice>& timeline) {
  json::array slices;
  for (const auto& [when, tally] : timeline) {
    const double bad = tally.bad_within_total();
    const double observed = tally.measured_seconds + tally.missing_seconds;
    slices.push_back(
        {{"begin", format_instant(when.begin)},
         {"end", format_instant(when.end)},
         {"good", tally.total - bad},
         {"bad", bad},
         {"coverage_ratio",
          observed > 0 ? json::value(tally.measured_seconds / observed) : json::value(nullptr)},
         {"unknown_seconds", tally.unknown_seconds}});
  }
  return {{"slices", std::move(slices)}};
}

}  // namespace slod
