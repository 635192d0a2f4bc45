#pragma once

#include <memory>
#include <span>

#include "lib/promql/expr.h"
#include "lib/series/recent_samples.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod {

/// The samples that expressions look at when they are evaluated at `first`, at `last` or in
/// between.
std::shared_ptr<const SampleSource> view_for(std::span<const promql::Expr* const> expressions,
                                             Instant first, Instant last,
                                             const RecentSamples& samples);

}  // namespace slod
