#pragma once

#include <string>

#include "lib/promql/expr.h"

namespace slod::promql {

/// The expression on one line, as Prometheus prints it (rules, API); parses back to the same tree.
std::string to_text(const Expr& expr);

/// The expression as /api/v1/format_query gives it: broken over lines of at most 100 columns.
std::string pretty(const Expr& expr);

}  // namespace slod::promql
