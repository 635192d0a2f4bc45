#pragma once

#include <map>
#include <set>
#include <string>

#include "lib/exposition/metadata.h"

namespace slod {

/// What targets say of their metrics. Targets may disagree.
class KnownMetadata {
 public:
  /// Adds what is new. Nothing is forgotten, and beyond a limit nothing is added.
  void add(const MetadataByMetric& read);

  const std::map<std::string, std::set<MetricMetadata>>& by_metric() const { return by_metric_; }

 private:
  std::map<std::string, std::set<MetricMetadata>> by_metric_;
};

}  // namespace slod
