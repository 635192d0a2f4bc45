#include "lib/rules/alerting.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/hash/fnv.h"
#include "lib/rules/template.h"

namespace slod::rules {
namespace {

using Templates = std::vector<std::pair<std::string, Template>>;

Templates parsed(const std::map<std::string, std::string>& texts) {
  Templates out;
  out.reserve(texts.size());
  for (const auto& [name, text] : texts) {
    // Every template was checked when the configuration was read.
    if (auto read = Template::parse(text)) out.emplace_back(name, std::move(*read));
  }
  return out;
}

Labels without_metric(Labels labels) {
  labels.set("__name__", "");
  return labels;
}

Labels expanded(Labels labels, const Templates& templates, const TemplateSubject& subject) {
  for (const auto& [name, text] : templates) labels.set(name, text.expand(subject));
  return labels;
}

std::string key_of(const Rule& rule, std::string_view group, const Labels& labels, Instant since) {
  constexpr unsigned char separator = 0;
  Fnv1a hash;
  hash.add(group).add(separator).add(rule.expr).add(separator);
  for (const auto& [name, value] : labels.pairs()) {
    hash.add(name).add(separator).add(value).add(separator);
  }
  hash.add(std::to_string(since.time_since_epoch().count()));
  return "slod-" + hash.hex();
}

/// Whether an alert stays although the expression no longer returns its series.
bool stays_unasked(const Rule& rule, AlertStatus& alert, Instant at) {
  if (alert.held_until && at < *alert.held_until) return true;
  if (alert.state != AlertState::firing || rule.keep_firing_for == Duration::zero()) return false;
  if (!alert.keep_firing_since) alert.keep_firing_since = at;
  return at - *alert.keep_firing_since < rule.keep_firing_for;
}

AlertChange ended(AlertStatus alert, Instant at) {
  const AlertState from = std::exchange(alert.state, AlertState::inactive);
  if (from == AlertState::firing) alert.resolved_at = std::max(at, *alert.fired_at);
  return {.alert = std::move(alert), .from = from};
}

}  // namespace

std::expected<std::vector<AlertStatus>, std::string> asked_alerts(const Rule& rule,
                                                                  std::string_view group,
                                                                  const query::Result& result,
                                                                  Instant at,
                                                                  const std::string& external_url) {
  std::vector<AlertStatus> alerts;
  std::set<Labels> seen;
  const Templates labels = parsed(rule.labels);
  const Templates annotations = parsed(rule.annotations);
  const auto add = [&](const Labels& series, double value) {
    const TemplateSubject subject{series, value, external_url};
    AlertStatus alert{.labels = expanded(without_metric(series), labels, subject),
                      .annotations = expanded({}, annotations, subject),
                      .active_at = at,
                      .keep_firing_since = {},
                      .value = value};
    alert.labels.set("alertname", rule.alert);
    alert.key = key_of(rule, group, alert.labels, at);
    const bool is_new = seen.insert(alert.labels).second;
    alerts.push_back(std::move(alert));
    return is_new;
  };
  if (result.type == promql::ValueType::scalar) add({}, result.scalar);
  for (const SampleRun& run : result.series) {
    if (!add(run.labels, run.values.back())) {
      return std::unexpected(
          "vector contains metrics with the same labelset after applying alert labels");
    }
  }
  return alerts;
}

std::vector<AlertChange> step(const Rule& rule, std::vector<AlertStatus>& alerts,
                              std::vector<AlertStatus> asked, Instant at) {
  std::map<Labels, AlertStatus*> wanted;
  for (AlertStatus& each : asked) wanted.emplace(each.labels, &each);
  std::vector<AlertChange> changes;
  std::vector<AlertStatus> next;
  const auto move_on = [&](AlertStatus alert, AlertState from) {
    if (alert.state == AlertState::pending && at - alert.active_at >= rule.hold) {
      alert.state = AlertState::firing;
      alert.fired_at = at;
    }
    if (alert.state != from) changes.push_back({.alert = alert, .from = from});
    next.push_back(std::move(alert));
  };
  for (AlertStatus& alert : alerts) {
    const auto found = wanted.find(alert.labels);
    if (found == wanted.end()) {
      if (stays_unasked(rule, alert, at)) {
        next.push_back(std::move(alert));
      } else {
        changes.push_back(ended(std::move(alert), at));
      }
      continue;
    }
    alert.value = found->second->value;
    alert.annotations = std::move(found->second->annotations);
    alert.keep_firing_since.reset();
    if (alert.state == AlertState::pending) alert.held_until.reset();
    wanted.erase(found);
    const AlertState from = alert.state;
    move_on(std::move(alert), from);
  }
  for (AlertStatus& each : asked) {
    if (wanted.contains(each.labels)) move_on(std::move(each), AlertState::inactive);
  }
  alerts = std::move(next);
  return changes;
}

std::vector<AlertChange> end_all(std::vector<AlertStatus>& alerts, Instant at) {
  std::vector<AlertChange> changes;
  changes.reserve(alerts.size());
  for (AlertStatus& alert : std::exchange(alerts, {})) {
    changes.push_back(ended(std::move(alert), at));
  }
  return changes;
}

std::vector<AlertChange> restore_waits(const Rule& rule, std::vector<AlertStatus>& alerts,
                                       Instant down_at, Instant at) {
  const bool begins_anew = rule.hold < restored_wait_least || at - down_at > outage_most;
  std::vector<AlertChange> changes;
  std::vector<AlertStatus> next;
  for (AlertStatus& alert : alerts) {
    const Duration left = rule.hold - (down_at - alert.active_at);
    if (alert.state == AlertState::pending && begins_anew) {
      changes.push_back(ended(std::move(alert), at));
      continue;
    }
    if (alert.state == AlertState::pending && left > Duration::zero()) {
      alert.active_at = left < restored_wait_least ? at + restored_wait_least - rule.hold
                                                   : alert.active_at + (at - down_at);
      changes.push_back({.alert = alert, .from = AlertState::pending});
    }
    next.push_back(std::move(alert));
  }
  alerts = std::move(next);
  return changes;
}

std::string_view to_string(AlertState state) {
  switch (state) {
    case AlertState::inactive:
      return "inactive";
    case AlertState::pending:
      return "pending";
    case AlertState::firing:
      return "firing";
  }
  return "unknown";
}

}  // namespace slod::rules
