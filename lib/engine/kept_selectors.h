#pragma once

#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "lib/promql/expr.h"
#include "lib/promql/selector.h"

namespace slod {

/// What a selector of a query selects, without its range and shift. The metric is empty where no
/// equality on __name__ gives one.
promql::Selector demanded_by(const promql::VectorSelector& selector);

/// Whether slod makes the series of this metric itself: `slod_...`, `ALERTS`, `ALERTS_FOR_STATE`.
bool is_own_metric(std::string_view metric);

/// The series whose samples the configuration needs for its expressions, besides those that SLOs
/// count: what rules select. No text twice. Left out are slod's own series and those that rules
/// record.
std::vector<promql::Selector> kept_selectors(const config::Config& config);

}  // namespace slod
