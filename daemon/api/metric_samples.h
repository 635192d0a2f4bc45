#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "lib/series/sample_rounds.h"

namespace slod {

/// What a server that scraped these families would keep, under the names of the text format; a
/// histogram becomes `_bucket`, `_sum` and `_count`, and `le` is written as Prometheus 3 does.
std::vector<LabelledSample> metric_samples(const std::vector<prometheus::MetricFamily>& families);

}  // namespace slod
