#include "lib/series/demand.h"

#include <algorithm>

#include "lib/text/number.h"

namespace slod {
namespace {

/// `matcher`, with the number that it compares `le` with written as series carry it.
promql::Matcher with_bound_text(const promql::Matcher& matcher) {
  using enum promql::Matcher::Operation;
  if (matcher.label() != "le") return matcher;
  if (matcher.operation() != equal && matcher.operation() != not_equal) return matcher;
  const auto bound = parse_number(matcher.value());
  if (!bound) return matcher;
  auto written = promql::Matcher::make("le", matcher.operation(), bucket_bound_text(*bound));
  return written ? *std::move(written) : matcher;
}

}  // namespace

Demand::Demand(std::vector<promql::Selector> selectors, std::uint32_t counted)
    : selectors_(std::move(selectors)), counted_(counted) {
  for (std::uint32_t id = 0; id < selectors_.size(); ++id) {
    const promql::Selector& selector = selectors_[id];
    Candidate candidate{id, {}};
    for (const auto& matcher : selector.matchers) {
      candidate.matchers.push_back(with_bound_text(matcher));
    }
    auto& candidates = selector.metric.empty() ? any_metric_ : by_metric_[selector.metric];
    candidates.push_back(std::move(candidate));
  }
}

bool Demand::wants(std::string_view metric) const {
  if (by_metric_.contains(metric)) return true;
  return std::ranges::any_of(any_metric_, [&](const Candidate& candidate) {
    return std::ranges::all_of(candidate.matchers, [&](const auto& matcher) {
      return matcher.label() != "__name__" || matcher.accepts(metric);
    });
  });
}

std::vector<std::uint32_t> Demand::matching(std::string_view metric, const Labels& labels) const {
  std::vector<std::uint32_t> ids;
  const auto add_from = [&](const std::vector<Candidate>& candidates) {
    for (const auto& candidate : candidates) {
      const bool satisfied = std::ranges::all_of(candidate.matchers, [&](const auto& matcher) {
        const bool is_name = matcher.label() == "__name__";
        return matcher.accepts(is_name ? metric : labels.get(matcher.label()));
      });
      if (satisfied) ids.push_back(candidate.id);
    }
  };
  if (const auto found = by_metric_.find(metric); found != by_metric_.end()) {
    add_from(found->second);
  }
  if (any_metric_.empty()) return ids;
  add_from(any_metric_);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace slod
