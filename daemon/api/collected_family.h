#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <vector>

namespace slod {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

/// `labels` and one more.
MetricLabels with(MetricLabels labels, std::string name, std::string value);

/// A metric family whose values are taken when it is collected. A value that does not exist is no
/// series: it is neither 0 nor NaN.
class CollectedFamily {
 public:
  CollectedFamily(std::string name, std::string help, prometheus::MetricType type)
      : family_{std::move(name), std::move(help), type, {}} {}

  void add(MetricLabels labels, std::optional<double> value);

  /// Hands the family over, if it has a series.
  void into(std::vector<prometheus::MetricFamily>& families);

 private:
  prometheus::MetricFamily family_;
};

}  // namespace slod
