#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lib/engine/snapshot.h"
#include "lib/rules/status.h"

namespace slod {

/// What the alerts on burn rates are called as a rule, and the file of their groups.
inline constexpr std::string_view burn_rate_alert = "SloBurnRate";
inline constexpr std::string_view burn_rate_file = "slos";

/// The alerts on burn rates as rules that could have been written: a group for each service with
/// SLOs, in it a rule for each SLO and severity. An expression is over slod's own series, as
/// queries see them.
std::vector<std::shared_ptr<const rules::GroupStatus>> burn_rate_groups(
    const Snapshot& snapshot, std::string_view external_url);

}  // namespace slod
