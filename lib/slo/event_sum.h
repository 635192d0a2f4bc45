#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/promql/selector.h"

namespace slod {

/// The events of the counters that a selector matches, as a part of a sum.
struct EventTerm {
  promql::Selector selector;
  bool subtracted = false;

  bool operator==(const EventTerm&) const = default;
};

/// Events that are counted on raw series: the sum of those of its terms. A series that two terms
/// match counts for each.
struct EventSum {
  std::vector<EventTerm> terms;  ///< not empty, but for a default one

  EventSum() = default;
  explicit(false) EventSum(promql::Selector selector) { terms.push_back({std::move(selector)}); }
  explicit EventSum(std::vector<EventTerm> all) : terms(std::move(all)) {}

  bool operator==(const EventSum&) const = default;
};

/// The same text for two sums of the same events, whatever the order of their terms and of the
/// conditions in them. That of a single selector is the selector's.
std::string canonical(const EventSum& sum);

/// `from` without the terms of `taken`; what both add and subtract cancels. Empty terms: nothing is
/// left.
EventSum difference(const EventSum& from, const EventSum& taken);

}  // namespace slod
