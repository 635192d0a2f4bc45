#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "lib/engine/snapshot.h"

namespace slod {

/// What a snapshot says of SLOs and services. The snapshot must outlive it.
class SnapshotMetrics final : public prometheus::Collectable {
 public:
  explicit SnapshotMetrics(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Snapshot& snapshot_;
};

}  // namespace slod
