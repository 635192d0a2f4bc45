#pragma once

namespace slod {

/// How many events there were, and how many of them were bad. Fractions arise where events are
/// spread over time.
struct Events {
  double total = 0;
  double bad = 0;
};

}  // namespace slod
