#pragma once

#include <expected>
#include <string>

#include "lib/promql/expr.h"
#include "lib/slo/event_sum.h"
#include "lib/time/instant.h"

/// Which PromQL expressions say no more than "the events of these counters", so that they can be
/// counted on the raw series instead of being evaluated.
namespace slod {

/// What one event is worth in an expression's value.
struct Scale {
  enum class Kind : std::uint8_t {
    counter,     ///< a counter as it stands, without rate or increase
    per_second,  ///< rate
    over,        ///< increase over `range`
  };
  Kind kind = Kind::counter;
  Duration range{};

  bool operator==(const Scale&) const = default;
};

/// A part of an expression, and why it keeps the whole from being counted.
struct NotCounted {
  promql::Position position;
  std::string reason;  ///< what the part is or does: "is not a sum"
};

struct CountedSum {
  EventSum events;
  Scale scale;  ///< of all terms
};

/// An instant vector whose elements add up to the events of counters: a selector, its rate or
/// increase over any range, `sum` of such in any grouping and any nesting, `+` and `-` of sums
/// without labels, and what changes no sum: parentheses, `or vector(0)`, `> 0`.
///
/// Where the expression has no value because one side of a `+` has no series, the count of that
/// side is zero.
std::expected<CountedSum, NotCounted> counted_sum(const promql::Expr& expr);

/// A ratio of counted sums of the same scale.
struct CountedRatio {
  EventSum part;
  EventSum total;
  bool part_is_good = false;  ///< 1 - part / total; else part / total
};

/// `bad / total` or `1 - good / total`, each a counted sum without labels.
std::expected<CountedRatio, NotCounted> counted_ratio(const promql::Expr& expr);

}  // namespace slod
