#include "lib/promql/walk.h"

#include <algorithm>
#include <ranges>

namespace slod::promql {
namespace {

/// What an expression is made of, from left to right.
std::vector<const Expr*> parts(const Expr& expr) {
  if (const auto* subquery = std::get_if<Subquery>(&expr.node)) return {subquery->expr.get()};
  if (const auto* paren = std::get_if<Paren>(&expr.node)) return {paren->expr.get()};
  if (const auto* unary = std::get_if<Unary>(&expr.node)) return {unary->expr.get()};
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    return {binary->left.get(), binary->right.get()};
  }
  if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    if (aggregate->parameter == nullptr) return {aggregate->expr.get()};
    return {aggregate->parameter.get(), aggregate->expr.get()};
  }
  std::vector<const Expr*> all;
  if (const auto* call = std::get_if<Call>(&expr.node)) {
    for (const ExprPtr& argument : call->arguments) all.push_back(argument.get());
  }
  return all;
}

}  // namespace

void walk(const Expr& expr, const std::function<void(const Expr&)>& visit) {
  std::vector<const Expr*> open{&expr};
  while (!open.empty()) {
    const Expr* next = open.back();
    open.pop_back();
    visit(*next);
    const auto within = parts(*next);
    open.insert(open.end(), within.rbegin(), within.rend());
  }
}

namespace {

/// What info() looks for where no metric is written.
const VectorSelector& target_info() {
  static const VectorSelector selector{
      .name = "target_info",
      .matchers = {Matcher::make("__name__", Matcher::Operation::equal, "target_info").value()},
      .shift = {}};
  return selector;
}

/// The selector of labels in a call of info(); null where there is none.
const VectorSelector* info_labels(const Call& call) {
  if (call.arguments.size() < 2) return nullptr;
  return std::get_if<VectorSelector>(&call.arguments[1]->node);
}

bool names_metric(const VectorSelector& selector) {
  return std::ranges::any_of(selector.matchers,
                             [](const Matcher& matcher) { return matcher.label() == "__name__"; });
}

/// A call of info() that names no metric to look for. Null: anything else.
const Call* call_for_target_info(const Expr& expr) {
  const auto* call = std::get_if<Call>(&expr.node);
  if (call == nullptr || call->function->name != "info") return nullptr;
  const VectorSelector* labels = info_labels(*call);
  return labels == nullptr || !names_metric(*labels) ? call : nullptr;
}

}  // namespace

std::vector<const VectorSelector*> selectors(const Expr& expr) {
  std::vector<const VectorSelector*> all;
  std::vector<const VectorSelector*> labels_only;
  bool looks_for_target_info = false;
  walk(expr, [&](const Expr& part) {
    if (const Call* call = call_for_target_info(part)) {
      looks_for_target_info = true;
      labels_only.push_back(info_labels(*call));
    }
    const auto* vector = std::get_if<VectorSelector>(&part.node);
    if (vector != nullptr && std::ranges::find(labels_only, vector) == labels_only.end())
      all.push_back(vector);
    if (const auto* matrix = std::get_if<MatrixSelector>(&part.node)) {
      all.push_back(&matrix->selector);
    }
  });
  if (looks_for_target_info) all.push_back(&target_info());
  return all;
}

namespace {

/// How far a selector of a range looks back.
Duration length_of(const MatrixSelector& matrix, Duration lookback) {
  return matrix.selector.edges == Edges::plain ? matrix.range : matrix.range + lookback;
}

}  // namespace

Duration reach(const Expr& expr, Duration lookback) {
  struct Open {
    const Expr* expr;
    Duration before;  ///< how far the subqueries around it look back
  };
  Duration farthest{};
  std::vector<Open> open{{&expr, Duration(0)}};
  while (!open.empty()) {
    auto [next, before] = open.back();
    open.pop_back();
    if (const auto* vector = std::get_if<VectorSelector>(&next->node)) {
      farthest = std::max(farthest, before + lookback + vector->shift.offset);
    } else if (const auto* matrix = std::get_if<MatrixSelector>(&next->node)) {
      farthest =
          std::max(farthest, before + length_of(*matrix, lookback) + matrix->selector.shift.offset);
    } else if (const auto* subquery = std::get_if<Subquery>(&next->node)) {
      before += subquery->range + subquery->shift.offset;
    } else if (call_for_target_info(*next) != nullptr) {
      farthest = std::max(farthest, before + lookback);
    }
    for (const Expr* part : parts(*next)) open.push_back({part, before});
  }
  return farthest;
}

namespace {

/// The interval at whose times something is evaluated, moved by its shift.
Interval shifted(Interval at, const TimeShift& shift, const Interval& query) {
  if (const auto* instant = std::get_if<Instant>(&shift.at)) at = {*instant, *instant};
  if (const auto* boundary = std::get_if<Boundary>(&shift.at)) {
    const Instant when = *boundary == Boundary::start ? query.begin : query.end;
    at = {when, when};
  }
  return {at.begin - shift.offset, at.end - shift.offset};
}

}  // namespace

Selector selected(const VectorSelector& selector) {
  Selector series;
  for (const Matcher& matcher : selector.matchers) {
    const bool is_name =
        matcher.label() == "__name__" && matcher.operation() == Matcher::Operation::equal;
    if (is_name && series.metric.empty()) {
      series.metric = matcher.value();
    } else {
      series.matchers.push_back(matcher);
    }
  }
  return series;
}

Interval looked_at(const Expr& expr, Instant start, Instant end, Duration lookback) {
  struct Open {
    const Expr* expr;
    Interval at;
  };
  const Interval query{start, end};
  Interval all{Instant::max(), Instant::min()};
  const auto add = [&](Interval at, const VectorSelector& selector, Duration range) {
    at = shifted(at, selector.shift, query);
    if (selector.edges == Edges::smoothed) at.end += lookback;
    all = {std::min(all.begin, at.begin - range), std::max(all.end, at.end)};
  };
  std::vector<Open> open{{&expr, query}};
  while (!open.empty()) {
    auto [next, at] = open.back();
    open.pop_back();
    if (const auto* vector = std::get_if<VectorSelector>(&next->node)) {
      add(at, *vector, lookback);
    } else if (const auto* matrix = std::get_if<MatrixSelector>(&next->node)) {
      add(at, matrix->selector, length_of(*matrix, lookback));
    } else if (const auto* subquery = std::get_if<Subquery>(&next->node)) {
      at = shifted(at, subquery->shift, query);
      at.begin -= subquery->range;
    } else if (call_for_target_info(*next) != nullptr) {
      add(at, target_info(), lookback);
    }
    for (const Expr* part : parts(*next)) open.push_back({part, at});
  }
  return all.begin > all.end ? Interval{start, start} : all;
}

}  // namespace slod::promql
