#include "lib/engine/alert_samples.h"

#include <string>
#include <utility>

#include "lib/alert/alert_labels.h"

namespace slod {
namespace {

/// As Alertmanager is told, so that who knows an alert from there finds it here.
Labels labels_of(const SloSnapshot& slo, const alert::Episode& episode) {
  alert::Notice notice;
  notice.service = slo.definition->service;
  notice.slo = slo.definition->name;
  notice.severity = episode.severity;
  Labels labels;
  for (const auto& [name, value] : alert::alert_labels(notice)) {
    labels.set(name, std::string_view(value.get_string()));
  }
  return labels;
}

}  // namespace

std::vector<LabelledSample> alert_samples(const Snapshot& snapshot) {
  std::vector<LabelledSample> samples;
  for (const SloSnapshot& slo : snapshot.slos) {
    for (const alert::Episode& episode : slo.episodes) {
      const bool is_active =
          episode.state == alert::State::pending || episode.state == alert::State::firing;
      if (!is_active) continue;
      Labels for_state = labels_of(slo, episode);
      Labels alerts = for_state;
      alerts.set("__name__", "ALERTS");
      alerts.set("alertstate", alert::to_string(episode.state));
      for_state.set("__name__", "ALERTS_FOR_STATE");
      samples.push_back({std::move(alerts), 1});
      samples.push_back({std::move(for_state), unix_seconds(episode.since)});
    }
  }
  return samples;
}

}  // namespace slod
