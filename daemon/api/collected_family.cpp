#include "daemon/api/collected_family.h"

#include <cmath>
#include <utility>

namespace slod {

MetricLabels with(MetricLabels labels, std::string name, std::string value) {
  labels.push_back({std::move(name), std::move(value)});
  return labels;
}

void CollectedFamily::add(MetricLabels labels, std::optional<double> value) {
  if (!value || std::isnan(*value)) return;
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  switch (family_.type) {
    case prometheus::MetricType::Counter:
      metric.counter.value = *value;
      break;
    case prometheus::MetricType::Untyped:
      metric.untyped.value = *value;
      break;
    default:
      metric.gauge.value = *value;
  }
  family_.metric.push_back(std::move(metric));
}

void CollectedFamily::into(std::vector<prometheus::MetricFamily>& families) {
  if (!family_.metric.empty()) families.push_back(std::move(family_));
}

}  // namespace slod
