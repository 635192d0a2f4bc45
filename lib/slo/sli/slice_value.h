#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/slo/events.h"

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
  /// Of a counted one: by how much its good or bad events were above the total or, where it is
  /// negative, below zero, before they were kept within.
  double outside = 0;
  /// Of a counted one: its good or bad events have no series, and count as none.
  bool part_is_absent = false;

  static SliceValue missing(std::string why) { return {Kind::missing, {}, std::move(why)}; }
  static SliceValue idle() { return {Kind::idle, {}, {}}; }
  /// The slice is one event.
  static SliceValue whole(bool is_good) { return {Kind::counted, {1, is_good ? 0.0 : 1.0}, {}}; }
};

/// The values of the elements of an expression's result; one of a scalar, none of an empty result.
using ElementValues = std::vector<double>;

double sum(const ElementValues& values);

/// Why the sum of `values` says nothing: "total has no value", "total is nan". Empty where it is a
/// number. `name` is the key of the expression.
std::string unusable(const ElementValues& values, std::string_view name);

}  // namespace slod
