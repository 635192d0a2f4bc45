#include "lib/alert/burn_rate_rule.h"

#include <algorithm>
#include <cassert>

namespace slod::alert {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::vector<BurnRateRule> default_rules() {
  return {
      {"page", hours(1), minutes(5), 14.4},
      {"page", hours(6), minutes(30), 6},
      {"ticket", days(1), hours(2), 3},
      {"ticket", days(3), hours(6), 1},
  };
}

std::vector<BurnRateRule> scaled(std::span<const BurnRateRule> rules, Duration slo_window,
                                 Duration sampling_interval) {
  assert(slo_window > Duration::zero() && sampling_interval > Duration::zero());
  const double scale = seconds(slo_window) / seconds(days(30));
  std::vector<BurnRateRule> out(rules.begin(), rules.end());
  for (BurnRateRule& rule : out) {
    rule.long_window =
        std::max(duration_from_seconds(seconds(rule.long_window) * scale), sampling_interval * 4);
    rule.short_window =
        std::max(duration_from_seconds(seconds(rule.short_window) * scale), sampling_interval * 2);
  }
  return out;
}

bool reachable(const BurnRateRule& rule, double objective) {
  return rule.factor * (1 - objective) < 1;
}

}  // namespace slod::alert
