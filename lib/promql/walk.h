#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/promql/selector.h"
#include "lib/time/instant.h"

namespace slod::promql {

/// Calls `visit` for the expression and all within it, each before its parts and the parts from
/// left to right. Needs no deep stack, however deep the tree.
void walk(const Expr& expr, const std::function<void(const Expr&)>& visit);

/// The selectors within, also those under a range, from left to right. They live as long as `expr`.
/// Where info() names no metric, target_info comes last, in place of what only chooses its labels.
std::vector<const VectorSelector*> selectors(const Expr& expr);

/// The series that a selector of an expression selects, without its range and shift. The metric is
/// empty where no equality on __name__ gives one.
Selector selected(const VectorSelector& selector);

/// How far before the evaluation time the expression may look, at most: what a source must have
/// kept. Ranges, offsets and nested subqueries add up; a selector without a range looks back by
/// `lookback`. Never negative. `@` is taken as the evaluation time: no retention serves a time that
/// stands still, and `@ start()` lies within the query.
Duration reach(const Expr& expr, Duration lookback = std::chrono::minutes(5));

/// The times at which the expression may look at samples when it is evaluated from `start` to
/// `end`; nothing, as an empty interval at `start`, where it has no selector.
Interval looked_at(const Expr& expr, Instant start, Instant end, Duration lookback);

}  // namespace slod::promql
