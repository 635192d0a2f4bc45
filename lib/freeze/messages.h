#pragma once

#include <string>
#include <string_view>

#include "lib/freeze/policy.h"
#include "lib/freeze/verdict.h"

namespace slod::freeze {

/// "63.0 % of the 30d error budget of api/availability is spent; features freeze above 50 %".
/// A step that only holds by the thaw margin says so: "..., until below 48 %". `kind` is
/// budget_spent or budget_left.
std::string budget_message(std::string_view service, const SloEvidence& slo, const Step& step,
                           const StepEvidence& spending, ReasonKind kind, double thaw_margin);

/// What an SLO without fresh evidence lacks, and what its owner declared for that:
/// "api/availability has had no new data for 12m (limit 5m); on_missing is deny, so only hotfixes
/// are allowed". `kind` is evidence_missing, no_evidence or no_series.
std::string missing_message(std::string_view service, const SloEvidence& slo, ReasonKind kind,
                            Instant now);

}  // namespace slod::freeze
