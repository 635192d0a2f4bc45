#include "daemon/ingest/known_metadata.h"

#include <cstddef>

namespace slod {
namespace {

constexpr std::size_t metrics_max = 20'000;
constexpr std::size_t entries_max = 10;  ///< of one metric

}  // namespace

void KnownMetadata::add(const MetadataByMetric& read) {
  for (const auto& [metric, metadata] : read) {
    const auto known = by_metric_.find(metric);
    if (known == by_metric_.end()) {
      if (by_metric_.size() < metrics_max) by_metric_[metric].insert(metadata);
    } else if (known->second.size() < entries_max) {
      known->second.insert(metadata);
    }
  }
}

}  // namespace slod
