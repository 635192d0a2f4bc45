#pragma once

#include <optional>

#include "lib/slo/expression.h"

/// An error series often does not exist before the first error. Counted, it counts none; these
/// expressions make the same of one that is evaluated.
namespace slod {

/// To be evaluated where `part` has no value: 0, or of a sum or difference what it is with a side
/// that has no element as 0. It has no value either where both sides have elements that do not
/// match. Nullopt for a scalar, which always has one, and where the part joins series in another
/// way, so that it may have no value for another reason.
std::optional<Expression> part_or_zero(const Expression& part);

/// To be evaluated where `ratio`, which is `part / total` or `1 - part / total`, has no value: what
/// it is with a part of 0. It has no value either where the total has none, or where the part has
/// elements that do not match. Nullopt for any other expression, and for such parts as above.
std::optional<Expression> ratio_or_zero(const Expression& ratio);

}  // namespace slod
