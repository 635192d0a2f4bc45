#pragma once

#include "lib/promql/expr.h"

namespace slod::promqltest {

/// The same expression with `@ at` on every selector and subquery that has none (none within
/// subqueries). Null where that could change the value: functions that look at the evaluation time.
promql::ExprPtr pinned(const promql::Expr& expr, Instant at);

/// Whether the value depends on the query's boundaries: start(), end(), range(), step().
bool depends_on_boundaries(const promql::Expr& expr);

}  // namespace slod::promqltest
