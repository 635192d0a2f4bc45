#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "lib/promql/expr.h"

namespace slod::prometheus_api {

/// The tree as /api/v1/parse_query gives it: {"type":"call","func":{...},"args":[...]}. nullopt
/// where it is nested deeper than JSON readers like, as a long chain of operators is.
std::optional<boost::json::object> syntax_tree(const promql::Expr& expr);

}  // namespace slod::prometheus_api
