#pragma once

#include <unordered_map>

#include "lib/promql/expr.h"

namespace slod::query {

/// Finds the expressions whose value does not depend on the evaluation time, as all their selectors
/// say `@`: they are evaluated once and repeated.
class ConstantTime {
 public:
  /// Remembers what it finds, so that asking for every node of a tree costs one walk.
  bool holds(const promql::Expr& expr);

 private:
  bool find(const promql::Expr& expr);
  bool find(const promql::Call& call);

  std::unordered_map<const promql::Expr*, bool> known_;
};

}  // namespace slod::query
