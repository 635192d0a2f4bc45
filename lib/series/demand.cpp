#include "lib/series/demand.h"

#include <algorithm>
#include <map>
#include <set>

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

/// Whether only series with this value of the label satisfy it.
bool asks_for_value(const promql::Matcher& matcher) {
  return matcher.operation() == promql::Matcher::Operation::equal && !matcher.value().empty() &&
         matcher.label() != "__name__";
}

}  // namespace

Demand::Demand(std::vector<promql::Selector> selectors, std::uint32_t counted)
    : selectors_(std::move(selectors)), counted_(counted) {
  std::map<std::string_view, std::vector<Candidate>> by_metric;
  for (std::uint32_t id = 0; id < selectors_.size(); ++id) {
    const promql::Selector& selector = selectors_[id];
    Candidate candidate{id, {}};
    for (const auto& matcher : selector.matchers) {
      candidate.matchers.push_back(with_bound_text(matcher));
    }
    auto& candidates = selector.metric.empty() ? any_metric_ : by_metric[selector.metric];
    candidates.push_back(std::move(candidate));
  }
  for (auto& [metric, candidates] : by_metric) {
    by_metric_.emplace(metric, arranged(std::move(candidates)));
  }
}

Demand::Candidates Demand::arranged(std::vector<Candidate> candidates) {
  std::map<std::string, std::set<std::string>> values;
  for (const Candidate& candidate : candidates) {
    for (const auto& matcher : candidate.matchers) {
      if (asks_for_value(matcher)) values[matcher.label()].insert(matcher.value());
    }
  }
  // By the label that tells most of them apart.
  const auto rank = [&](const promql::Matcher& matcher) {
    return asks_for_value(matcher) ? values.at(matcher.label()).size() : 0;
  };
  Candidates out;
  for (Candidate& candidate : candidates) {
    const auto best = std::ranges::max_element(candidate.matchers, {}, rank);
    if (best == candidate.matchers.end() || !asks_for_value(*best)) {
      out.all.push_back(std::move(candidate));
    } else {
      auto& alike = out.by_value[best->label()][best->value()];
      alike.push_back(std::move(candidate));
    }
  }
  return out;
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
    add_from(found->second.all);
    for (const auto& [label, by_value] : found->second.by_value) {
      const auto alike = by_value.find(labels.get(label));
      if (alike != by_value.end()) add_from(alike->second);
    }
  }
  add_from(any_metric_);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace slod
