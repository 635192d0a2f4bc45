#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/slo/definition.h"
#include "lib/slo/ledger.h"

namespace slod {

/// What the expressions of an SLI say of one slice of time.
struct SliceValue {
  enum class Kind {
    counted,
    idle,     ///< read, and nothing happened that could be judged
    missing,  ///< the expressions have no value that says anything
  };
  Kind kind = Kind::missing;
  Events events;    ///< of a counted one; 0 <= bad <= total, 0 < total
  std::string why;  ///< of a missing one: what has no value, for people

  static SliceValue missing(std::string why) { return {Kind::missing, {}, std::move(why)}; }
};

/// The values of the elements of an expression's result; one of a scalar, none of an empty result.
using ElementValues = std::vector<double>;

/// Judges a slice by `values`, one for each of expressions(sli). Precondition: the SLI is
/// evaluated.
///
/// Elements of a total, and of its good or bad part, add up. The part is kept within 0 and the
/// total. A total of 0 is idle; one below zero, or a sum that is not finite, says nothing.
/// A throughput's elements add up to the rate. A threshold must hold for each element; one that is
/// NaN says nothing. An error ratio has one element; kept within 0 and 1 it is the bad part of one
/// event, and NaN, which is 0 / 0, is idle.
SliceValue judge(const Sli& sli, std::span<const ElementValues> values);

}  // namespace slod
