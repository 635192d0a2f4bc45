#include "lib/series/demand.h"

#include <algorithm>

#include "lib/exposition/number.h"

namespace slod {
namespace {

/// `matcher`, with the number that it compares `le` with written as series carry it.
promql::Matcher with_bound_text(const promql::Matcher& matcher) {
  using enum promql::Matcher::Operation;
  if (matcher.label() != "le") return matcher;
  if (matcher.operation() != equal && matcher.operation() != not_equal) return matcher;
  const auto bound = parse_number(matcher.value());
  if (!bound) return matcher;
  auto written = promql::Matcher::make("le", matcher.operation(), number_text(*bound));
  return written ? *std::move(written) : matcher;
}

}  // namespace

Demand::Demand(std::vector<promql::Selector> selectors) : selectors_(std::move(selectors)) {
  for (std::uint32_t id = 0; id < selectors_.size(); ++id) {
    Candidate candidate{id, {}};
    for (const auto& matcher : selectors_[id].matchers) {
      candidate.matchers.push_back(with_bound_text(matcher));
    }
    by_metric_[selectors_[id].metric].push_back(std::move(candidate));
  }
}

bool Demand::wants(std::string_view metric) const {
  return by_metric_.contains(metric);
}

std::vector<std::uint32_t> Demand::matching(std::string_view metric, const Labels& labels) const {
  std::vector<std::uint32_t> ids;
  const auto found = by_metric_.find(metric);
  if (found == by_metric_.end()) return ids;
  for (const auto& candidate : found->second) {
    const bool satisfied = std::ranges::all_of(candidate.matchers, [&](const auto& matcher) {
      return matcher.accepts(labels.get(matcher.label()));
    });
    if (satisfied) ids.push_back(candidate.id);
  }
  return ids;
}

}  // namespace slod
