#include "lib/engine/burn_rate_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "lib/alert/alert_labels.h"
#include "lib/engine/slo_notice.h"
#include "lib/text/go_string.h"

namespace slod {
namespace {

/// `slod_slo_burn_rate{service="api",slo="availability",window="1h"} > 14.4`
std::string over_window(const SloDefinition& slo, Duration window, double factor) {
  return fmt::format("slod_slo_burn_rate{{service={},slo={},window={}}} > {}",
                     go_quoted(slo.service), go_quoted(slo.name),
                     go_quoted(format_duration(window)), factor);
}

/// Both windows of any rule of the severity.
std::string expression(const SloSnapshot& slo, std::string_view severity) {
  std::string out;
  for (const alert::BurnRateRule& rule : slo.rules) {
    if (rule.severity != severity) continue;
    if (!out.empty()) out += " or ";
    out += over_window(*slo.definition, rule.long_window, rule.factor);
    out += " and ignoring (window) ";
    out += over_window(*slo.definition, rule.short_window, rule.factor);
  }
  return out;
}

rules::AlertStatus alert_status(const SloSnapshot& slo, const alert::Episode& episode,
                                std::string_view external_url, Instant now) {
  const alert::Notice notice = slo_notice(*slo.definition, episode, external_url, now);
  const bool is_firing = episode.state == alert::State::firing;
  return {.labels = labels_of(alert::alert_labels(notice)),
          .annotations = labels_of(alert::alert_annotations(notice)),
          .state = is_firing ? rules::AlertState::firing : rules::AlertState::pending,
          .active_at = episode.since,
          .keep_firing_since = {},
          .value = episode.facts.long_burn.value_or(0)};
}

void add_rules(const SloSnapshot& slo, std::string_view external_url, Instant now,
               rules::Group& group, rules::GroupStatus& status) {
  std::vector<std::string> severities;
  for (const alert::BurnRateRule& rule : slo.rules) {
    if (std::ranges::find(severities, rule.severity) != severities.end()) continue;
    severities.push_back(rule.severity);
  }
  for (const std::string& severity : severities) {
    rules::Rule& rule = group.rules.emplace_back();
    rule.alert = burn_rate_alert;
    rule.expr = expression(slo, severity);
    rule.labels = {{"service", slo.definition->service},
                   {"severity", severity},
                   {"slo", slo.definition->name}};
    rules::RuleStatus& state = status.rules.emplace_back();
    state.health = slo.observed_since ? rules::Health::ok : rules::Health::unknown;
    state.last_evaluation = now;
    for (const alert::Episode& episode : slo.episodes) {
      if (episode.severity != severity) continue;
      state.alerts.push_back(alert_status(slo, episode, external_url, now));
    }
  }
}

}  // namespace

std::vector<std::shared_ptr<const rules::GroupStatus>> burn_rate_groups(
    const Snapshot& snapshot, std::string_view external_url) {
  std::vector<std::shared_ptr<const rules::GroupStatus>> groups;
  for (const ServiceSnapshot& service : snapshot.services) {
    auto group = std::make_shared<rules::Group>();
    group->name = service.name;
    group->file = burn_rate_file;
    group->interval = std::chrono::seconds(1);
    auto status = std::make_shared<rules::GroupStatus>();
    status->last_evaluation = snapshot.at;
    for (std::size_t i = 0; i < service.evidence.size(); ++i) {
      add_rules(snapshot.slos[service.first_slo + i], external_url, snapshot.at, *group, *status);
    }
    if (group->rules.empty()) continue;
    status->group = std::move(group);
    groups.push_back(std::move(status));
  }
  return groups;
}

}  // namespace slod
