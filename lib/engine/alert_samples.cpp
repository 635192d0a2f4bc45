#include "lib/engine/alert_samples.h"

#include <utility>

#include "lib/alert/alert_labels.h"
#include "lib/engine/slo_notice.h"

namespace slod {
namespace {

/// As Alertmanager gets them, so that an alert is found here by the labels that it has there.
Labels episode_labels(const SloSnapshot& slo, const alert::Episode& episode) {
  alert::Notice notice;
  notice.service = slo.definition->service;
  notice.slo = slo.definition->name;
  notice.severity = episode.severity;
  return labels_of(alert::alert_labels(notice));
}

}  // namespace

std::vector<LabelledSample> alert_samples(const Snapshot& snapshot) {
  std::vector<LabelledSample> samples;
  for (const SloSnapshot& slo : snapshot.slos) {
    for (const alert::Episode& episode : slo.episodes) {
      Labels for_state = episode_labels(slo, episode);
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
