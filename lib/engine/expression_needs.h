#pragma once

#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "lib/promql/selector.h"
#include "lib/time/instant.h"

namespace slod {

/// Whether slod makes the series of this metric itself: `slod_...`, `ALERTS`, `ALERTS_FOR_STATE`.
bool is_own_metric(std::string_view metric);

/// Series whose samples an expression looks at.
struct NeededSeries {
  promql::Selector selector;
  Duration reach{};  ///< how old a sample may be that still counts
};

/// What the expressions of the configuration look at: those of its rules and of SLIs that are
/// evaluated. No selector twice.
std::vector<NeededSeries> needed_series(const config::Config& config);

/// What the expressions of each SLI look at that sources have to deliver, as kept_selectors(). None
/// for one that counts events.
std::vector<std::vector<promql::Selector>> read_selectors(const config::Config& config);

/// How late a slice may still be evaluated; then it is missing.
inline constexpr Duration slice_late_most = std::chrono::minutes(10);

/// Those of needed_series() that sources have to deliver: not slod's own series, nor those that
/// rules record.
std::vector<promql::Selector> kept_selectors(const config::Config& config);

}  // namespace slod
