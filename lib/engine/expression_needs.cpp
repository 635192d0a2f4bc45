#include "lib/engine/expression_needs.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lib/promql/walk.h"

namespace slod {
namespace {

using promql::Matcher;

/// The names of metrics that the configuration's rules record.
std::set<std::string> recorded_metrics(const config::Config& config) {
  std::set<std::string> metrics;
  for (const auto& group : config.rule_groups) {
    for (const rules::Rule& rule : group->rules) {
      if (!rule.is_alert()) metrics.insert(rule.record);
    }
  }
  return metrics;
}

/// Whether only series that slod makes itself can be meant.
bool selects_own_only(const promql::Selector& selector) {
  if (!selector.metric.empty()) return is_own_metric(selector.metric);
  return std::ranges::any_of(selector.matchers, [](const Matcher& matcher) {
    return matcher.label() == "__name__" && matcher.operation() == Matcher::Operation::matches &&
           is_own_metric(matcher.value()) && matcher.value().find('|') == std::string::npos;
  });
}

/// Gathers what expressions look at, each selector once.
class Needed {
 public:
  /// Expressions are evaluated up to `late` after the time that they are evaluated for.
  void add(const promql::Expr& expr, Duration late) {
    const Duration reach = promql::reach(expr) + late;
    for (const promql::VectorSelector* vector : promql::selectors(expr)) {
      promql::Selector selector = promql::selected(*vector);
      const auto [at, is_new] = by_text_.emplace(selector.text(), series_.size());
      if (is_new) series_.push_back({std::move(selector), reach});
      NeededSeries& needed = series_[at->second];
      needed.reach = std::max(needed.reach, reach);
    }
  }

  std::vector<NeededSeries> take() { return std::move(series_); }

 private:
  std::map<std::string, std::size_t> by_text_;
  std::vector<NeededSeries> series_;
};

/// Those that sources have to deliver.
std::vector<promql::Selector> delivered(std::vector<NeededSeries> needed,
                                        const std::set<std::string>& recorded) {
  std::vector<promql::Selector> kept;
  for (NeededSeries& each : needed) {
    promql::Selector& selector = each.selector;
    if (selects_own_only(selector) || recorded.contains(selector.metric)) continue;
    kept.push_back(std::move(selector));
  }
  return kept;
}

}  // namespace

bool is_own_metric(std::string_view metric) {
  return metric.starts_with("slod_") || metric == "ALERTS" || metric == "ALERTS_FOR_STATE";
}

std::vector<NeededSeries> needed_series(const config::Config& config) {
  constexpr Duration late = std::chrono::minutes(2);
  Needed needed;
  for (const auto& group : config.rule_groups) {
    for (const rules::Rule& rule : group->rules) needed.add(*rule.parsed, late);
  }
  for (const SloDefinition& slo : config.slos) {
    for (const Expression* expression : expressions(slo.sli)) {
      needed.add(*expression->parsed, late + slice_late_most);
    }
  }
  return needed.take();
}

std::vector<std::vector<promql::Selector>> read_selectors(const config::Config& config) {
  const std::set<std::string> recorded = recorded_metrics(config);
  std::vector<std::vector<promql::Selector>> read;
  read.reserve(config.slos.size());
  for (const SloDefinition& slo : config.slos) {
    Needed needed;
    for (const Expression* expression : expressions(slo.sli)) needed.add(*expression->parsed, {});
    read.push_back(delivered(needed.take(), recorded));
  }
  return read;
}

std::vector<promql::Selector> kept_selectors(const config::Config& config) {
  return delivered(needed_series(config), recorded_metrics(config));
}

}  // namespace slod
