#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/query/annotations.h"
#include "lib/query/evaluate.h"
#include "lib/query/frame.h"
#include "lib/query/query_limits.h"

namespace slod::query {

/// What an aggregation needs besides its operand.
struct AggregateContext {
  const promql::Aggregate& aggregate;
  promql::Position position;            ///< of the aggregation
  promql::Position operand_position;    ///< without parentheses
  promql::Position parameter_position;  ///< without parentheses; nothing where there is none
  const Steps& steps;
  Annotations& annotations;
  QueryLimits& limits;
};

/// The columns of one group, in their order.
struct AggregateGroup {
  Labels labels;  ///< of the group's result
  std::vector<const Column*> columns;
};

std::vector<AggregateGroup> grouped(const Frame& frame, const promql::Aggregate& aggregate);

/// sum, avg, count, min, max, group, stddev, stdvar: one value from all values of a group.
std::expected<Frame, Error> reduce(const Frame& frame, AggregateContext& context);

/// quantile of each group; `ratios` are the quantiles asked for at each step.
std::expected<Frame, Error> quantiles(const Frame& frame, const ScalarFrame& ratios,
                                      AggregateContext& context);

/// topk, bottomk, limitk, limit_ratio: some of the series, chosen again at each step. With one step
/// the result is in order.
std::expected<Frame, Error> select_series(const Frame& frame, const ScalarFrame& limits,
                                          AggregateContext& context);

/// count_values: how many series have each value, which goes into the label `label`.
std::expected<Frame, Error> count_values(const Frame& frame, const std::string& label,
                                         AggregateContext& context);

/// Notes that histograms were left out.
void note_ignored_histogram(AggregateContext& context, promql::Position position);

}  // namespace slod::query
