#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/time/instant.h"

namespace slod::alert {

/// Fires while the budget burns faster than `factor` over both windows: the long one says that it
/// matters, the short one that it still goes on. Source: Google SRE Workbook, ch. 5, recipe 6.
struct BurnRateRule {
  std::string severity;
  Duration long_window{};
  Duration short_window{};
  double factor = 1;  ///< burn rate; > 0

  bool operator==(const BurnRateRule&) const = default;
};

/// The workbook's rules for a 30-day window (table 5-8, and its rule code for 1d): page at 14.4
/// (1h and 5m) and 6 (6h and 30m), ticket at 3 (1d and 2h) and 1 (3d and 6h).
std::vector<BurnRateRule> default_rules();

/// Rules written for 30 days, for an SLO over `slo_window`: windows scale with it, factors stay, so
/// that firing still means the same share of the budget. A rate needs samples: no short window is
/// less than two sampling intervals and no long one less than four. Both arguments > 0.
std::vector<BurnRateRule> scaled(std::span<const BurnRateRule> rules, Duration slo_window,
                                 Duration sampling_interval);

/// Whether the rule can ever fire for `objective` in (0, 1): when everything fails the burn rate is
/// 1 / (1 - objective), so a rule with factor * (1 - objective) >= 1 never does.
bool reachable(const BurnRateRule& rule, double objective);

}  // namespace slod::alert
