#pragma once

#include <expected>
#include <string_view>

#include "lib/promql/expr.h"
#include "lib/promql/parser.h"

namespace slod::promql {

/// Whether every part of the expression has a type that its place takes. `query` is the text it was
/// read from, for positions. Error: the first that Prometheus reports.
std::expected<void, QueryError> check_types(const Expr& expr, std::string_view query);

}  // namespace slod::promql
