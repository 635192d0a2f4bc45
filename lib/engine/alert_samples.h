#pragma once

#include <vector>

#include "lib/engine/snapshot.h"
#include "lib/series/sample_rounds.h"

namespace slod {

/// The alerts of burning budgets as Prometheus shows alerts: `ALERTS` with `alertstate` pending or
/// firing and the value 1, and `ALERTS_FOR_STATE` with the time in Unix seconds since when the
/// budget burns. Their labels are those that Alertmanager gets, see alert::alert_labels.
std::vector<LabelledSample> alert_samples(const Snapshot& snapshot);

}  // namespace slod
