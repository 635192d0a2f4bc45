#include "lib/slo/counted.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/promql/walk.h"

namespace slod {
namespace {

using promql::Aggregate;
using promql::Binary;
using promql::BinaryOperator;
using promql::Call;
using promql::Expr;
using promql::VectorSelector;

using Step = std::expected<void, NotCounted>;

std::unexpected<NotCounted> not_counted(const Expr& at, std::string reason) {
  return std::unexpected(NotCounted{at.position, std::move(reason)});
}

/// What stands within parentheses and after a plus sign.
const Expr& bare(const Expr& expr) {
  const Expr* inner = &expr;
  while (true) {
    const auto* paren = std::get_if<promql::Paren>(&inner->node);
    const auto* unary = std::get_if<promql::Unary>(&inner->node);
    if (paren) {
      inner = paren->expr.get();
    } else if (unary && !unary->negative) {
      inner = unary->expr.get();
    } else {
      return *inner;
    }
  }
}

bool is_sum(const Binary& binary) {
  return binary.op == BinaryOperator::add || binary.op == BinaryOperator::subtract;
}

bool is_number(const Expr& expr, double value) {
  const auto* number = std::get_if<promql::NumberLiteral>(&bare(expr).node);
  return number && number->value == value;
}

bool is_vector_of_zero(const Expr& expr) {
  const auto* call = std::get_if<Call>(&bare(expr).node);
  return call && call->function->name == "vector" && is_number(*call->arguments.front(), 0);
}

/// `expr or vector(0)`: what it stands for adds nothing that is not there.
bool only_fills_in_zero(const Binary& binary) {
  return binary.op == BinaryOperator::set_or && is_vector_of_zero(*binary.right);
}

/// `expr > 0` or `expr != 0`: what it drops is zero, where `expr` is not negative.
bool only_drops_zeros(const Binary& binary) {
  const bool drops = binary.op == BinaryOperator::greater || binary.op == BinaryOperator::not_equal;
  return drops && !binary.return_bool && is_number(*binary.right, 0);
}

/// Whether two vectors of one element without labels meet.
bool matches_plainly(const promql::VectorMatching& matching) {
  return !matching.fill_left && !matching.fill_right && matching.include.empty();
}

/// Nullopt where the selector names no metric, or more than one.
std::optional<promql::Selector> named(const VectorSelector& written) {
  promql::Selector selector = selected(written);
  const bool is_named =
      !selector.metric.empty() && std::ranges::none_of(selector.matchers, [](const auto& matcher) {
        return matcher.label() == "__name__";
      });
  return is_named ? std::optional(std::move(selector)) : std::nullopt;
}

std::string_view unit(const Scale& scale) {
  switch (scale.kind) {
    case Scale::Kind::counter:
      return "a counter itself";
    case Scale::Kind::per_second:
      return "events a second";
    case Scale::Kind::over:
      return "events of a range";
  }
  return "";
}

/// Gathers the terms of one expression.
class Summing {
 public:
  /// An expression that stands for the sum of its elements.
  Step add(const Expr& expr, bool subtracted);

  CountedSum taken() && { return {std::move(events_), scale_.value_or(Scale{})}; }

 private:
  Step add_unfiltered(const Expr& expr, bool subtracted);
  Step add_one_element(const Expr& expr, bool subtracted);
  Step add_call(const Expr& expr, const Call& call, bool subtracted);
  Step add_selector(const Expr& at, const VectorSelector& selector, Scale scale, bool subtracted);
  static std::string reason_of(const Expr& expr);

  EventSum events_;
  std::optional<Scale> scale_;
};

// Chains of operators are long on their left, so loops follow them; whatever else nests is bounded
// by the parser.
// NOLINTNEXTLINE(misc-no-recursion)
Step Summing::add(const Expr& expr, bool subtracted) {
  const Expr* at = &bare(expr);
  bool drops_negatives = false;
  while (const auto* binary = std::get_if<Binary>(&at->node)) {
    if (!only_fills_in_zero(*binary) && !only_drops_zeros(*binary)) break;
    drops_negatives = drops_negatives || binary->op == BinaryOperator::greater;
    at = &bare(*binary->left);
  }
  const std::size_t terms_before = events_.terms.size();
  if (auto done = add_unfiltered(*at, subtracted); !done) return done;
  const bool may_be_negative = std::any_of(
      events_.terms.begin() + static_cast<std::ptrdiff_t>(terms_before), events_.terms.end(),
      [&](const EventTerm& term) { return term.subtracted != subtracted; });
  if (drops_negatives && may_be_negative) return not_counted(expr, "drops what is below zero");
  return {};
}

// NOLINTNEXTLINE(misc-no-recursion)
Step Summing::add_unfiltered(const Expr& expr, bool subtracted) {
  if (const auto* selector = std::get_if<VectorSelector>(&expr.node)) {
    return add_selector(expr, *selector, {}, subtracted);
  }
  if (const auto* call = std::get_if<Call>(&expr.node)) return add_call(expr, *call, subtracted);
  const auto* aggregate = std::get_if<Aggregate>(&expr.node);
  if (aggregate && aggregate->op == promql::Aggregation::sum) {
    return add(*aggregate->expr, subtracted);
  }
  const auto* binary = std::get_if<Binary>(&expr.node);
  return binary && is_sum(*binary) ? add_one_element(expr, subtracted)
                                   : not_counted(expr, reason_of(expr));
}

/// An operand of + or -: without labels, so that it always meets the other.
// NOLINTNEXTLINE(misc-no-recursion)
Step Summing::add_one_element(const Expr& expr, bool subtracted) {
  const Expr* at = &bare(expr);
  while (const auto* binary = std::get_if<Binary>(&at->node)) {
    if (!is_sum(*binary) && !only_fills_in_zero(*binary)) {
      return not_counted(*at, reason_of(*at));
    }
    if (is_sum(*binary)) {
      if (!matches_plainly(binary->matching)) return not_counted(*at, "brings labels along");
      const bool takes_off = binary->op == BinaryOperator::subtract;
      if (auto done = add_one_element(*binary->right, subtracted != takes_off); !done) return done;
    }
    at = &bare(*binary->left);
  }
  const auto* aggregate = std::get_if<Aggregate>(&at->node);
  if (aggregate && aggregate->op == promql::Aggregation::sum) {
    if (aggregate->grouping.empty() && !aggregate->without) {
      return add(*aggregate->expr, subtracted);
    }
  } else if (!std::holds_alternative<VectorSelector>(at->node) &&
             !std::holds_alternative<Call>(at->node)) {
    return not_counted(*at, reason_of(*at));
  }
  return not_counted(*at,
                     "is added by its labels, which drops what only one side has; a sum() around "
                     "each side would be counted");
}

Step Summing::add_call(const Expr& expr, const Call& call, bool subtracted) {
  const std::string_view name = call.function->name;
  if (name != "rate" && name != "increase") return not_counted(expr, reason_of(expr));
  const Expr& argument = bare(*call.arguments.front());
  const auto* range = std::get_if<promql::MatrixSelector>(&argument.node);
  if (!range) return not_counted(argument, "is a subquery, and no counter");
  const Scale scale =
      name == "rate" ? Scale{Scale::Kind::per_second, {}} : Scale{Scale::Kind::over, range->range};
  return add_selector(argument, range->selector, scale, subtracted);
}

Step Summing::add_selector(const Expr& at, const VectorSelector& selector, Scale scale,
                           bool subtracted) {
  if (selector.shift != promql::TimeShift{}) return not_counted(at, "looks at another time");
  auto wanted = named(selector);
  if (!wanted) return not_counted(at, "names no metric");
  if (scale_ && *scale_ != scale) {
    const bool ranges_differ = scale.kind == Scale::Kind::over && scale_->kind == scale.kind;
    return not_counted(at, ranges_differ
                               ? "has another range than the one before"
                               : fmt::format("is added as {} to {}", unit(scale), unit(*scale_)));
  }
  scale_ = scale;
  events_.terms.push_back({std::move(*wanted), subtracted});
  return {};
}

std::string Summing::reason_of(const Expr& expr) {
  if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    return fmt::format("is {}, and no sum", promql::text(aggregate->op));
  }
  if (const auto* call = std::get_if<Call>(&expr.node)) {
    return fmt::format("is {}, and neither rate nor increase", call->function->name);
  }
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    return fmt::format("is no sum but {}", promql::text(binary->op));
  }
  if (std::holds_alternative<promql::Unary>(expr.node)) return "is negative";
  return "is no counter";
}

/// The two sides of a division, where `expr` is one.
std::optional<std::pair<const Expr*, const Expr*>> quotient(const Expr& expr) {
  const Expr& at = bare(expr);
  const auto* binary = std::get_if<Binary>(&at.node);
  if (!binary || binary->op != BinaryOperator::divide || !matches_plainly(binary->matching)) {
    return std::nullopt;
  }
  const Expr* below = &bare(*binary->right);
  // Against a division by zero.
  if (const auto* guarded = std::get_if<Binary>(&below->node);
      guarded && only_drops_zeros(*guarded)) {
    below = &bare(*guarded->left);
  }
  return std::pair(binary->left.get(), below);
}

/// A counted sum without labels.
std::expected<CountedSum, NotCounted> counted_number(const Expr& expr) {
  const Expr& at = bare(expr);
  const auto* aggregate = std::get_if<Aggregate>(&at.node);
  if (aggregate && (!aggregate->grouping.empty() || aggregate->without)) {
    return not_counted(at, "is divided by its labels; a sum() around it would be counted");
  }
  if (std::holds_alternative<VectorSelector>(at.node) || std::holds_alternative<Call>(at.node)) {
    return not_counted(at, "is divided by its labels; a sum() around it would be counted");
  }
  return counted_sum(expr);
}

}  // namespace

std::expected<CountedSum, NotCounted> counted_sum(const Expr& expr) {
  Summing sum;
  if (auto done = sum.add(expr, false); !done) return std::unexpected(done.error());
  return std::move(sum).taken();
}

std::expected<CountedRatio, NotCounted> counted_ratio(const Expr& expr) {
  const Expr* at = &bare(expr);
  while (const auto* filled = std::get_if<Binary>(&at->node)) {
    if (!only_fills_in_zero(*filled)) break;
    at = &bare(*filled->left);
  }
  auto sides = quotient(*at);
  const auto* rest = std::get_if<Binary>(&at->node);
  const bool is_rest = rest && rest->op == BinaryOperator::subtract && is_number(*rest->left, 1);
  if (is_rest) sides = quotient(*rest->right);
  if (!sides) return not_counted(*at, "is no quotient of two sums");
  auto part = counted_number(*sides->first);
  if (!part) return std::unexpected(part.error());
  auto total = counted_number(*sides->second);
  if (!total) return std::unexpected(total.error());
  if (part->scale != total->scale) {
    return not_counted(*sides->first, fmt::format("is divided as {} by {}", unit(part->scale),
                                                  unit(total->scale)));
  }
  return CountedRatio{std::move(part->events), std::move(total->events), is_rest};
}

}  // namespace slod
