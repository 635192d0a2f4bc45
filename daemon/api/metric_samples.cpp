#include "daemon/api/metric_samples.h"

#include <string>
#include <string_view>
#include <utility>

#include "lib/sketch/limits.h"
#include "lib/text/number.h"

namespace slod {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Adds the samples of one family.
class Family {
 public:
  Family(const MetricFamily& family, std::vector<LabelledSample>& samples)
      : family_(family), samples_(samples) {}

  void add_all() {
    for (const ClientMetric& metric : family_.metric) {
      if (family_.type == MetricType::Histogram) {
        add_histogram(metric);
      } else {
        add(metric, "", value_of(metric));
      }
    }
  }

 private:
  double value_of(const ClientMetric& metric) const {
    if (family_.type == MetricType::Counter) return metric.counter.value;
    return family_.type == MetricType::Untyped ? metric.untyped.value : metric.gauge.value;
  }

  void add_histogram(const ClientMetric& metric) {
    const auto& [count, sum, buckets] = metric.histogram;
    for (const ClientMetric::Bucket& bucket : buckets) {
      add_bucket(metric, bucket.upper_bound, bucket.cumulative_count);
    }
    if (buckets.empty() || buckets.back().upper_bound != infinity) {
      add_bucket(metric, infinity, count);
    }
    add(metric, "_sum", sum);
    add(metric, "_count", static_cast<double>(count));
  }

  void add_bucket(const ClientMetric& metric, double bound, std::uint64_t count) {
    add(metric, "_bucket", static_cast<double>(count)).set("le", bucket_bound_text(bound));
  }

  Labels& add(const ClientMetric& metric, std::string_view suffix, double value) {
    Labels labels;
    for (const ClientMetric::Label& label : metric.label) labels.set(label.name, label.value);
    labels.set("__name__", family_.name + std::string(suffix));
    return samples_.emplace_back(LabelledSample{std::move(labels), value}).labels;
  }

  const MetricFamily& family_;
  std::vector<LabelledSample>& samples_;
};

}  // namespace

std::vector<LabelledSample> metric_samples(const std::vector<MetricFamily>& families) {
  std::vector<LabelledSample> samples;
  for (const MetricFamily& family : families) Family(family, samples).add_all();
  return samples;
}

}  // namespace slod
