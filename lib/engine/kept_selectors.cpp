#include "lib/engine/kept_selectors.h"

#include <algorithm>
#include <set>
#include <string>

#include "lib/promql/parser.h"
#include "lib/promql/walk.h"

namespace slod {
namespace {

using promql::Matcher;

/// The names of metrics that the configuration's rules record.
std::set<std::string> recorded_metrics(const config::Config& config) {
  std::set<std::string> metrics;
  for (const config::Rule& rule : config.rules) {
    if (!rule.record.empty()) metrics.insert(rule.record);
  }
  return metrics;
}

bool is_named(const Matcher& matcher) {
  return matcher.label() == "__name__" && matcher.operation() == Matcher::Operation::equal;
}

/// Whether only series that slod makes itself can be meant.
bool selects_own_only(const promql::Selector& selector) {
  if (!selector.metric.empty()) return is_own_metric(selector.metric);
  return std::ranges::any_of(selector.matchers, [](const Matcher& matcher) {
    return matcher.label() == "__name__" && matcher.operation() == Matcher::Operation::matches &&
           is_own_metric(matcher.value()) && matcher.value().find('|') == std::string::npos;
  });
}

/// Gathers selectors, each once.
class Kept {
 public:
  explicit Kept(const config::Config& config) : recorded_(recorded_metrics(config)) {}

  void add(const promql::Expr& expr) {
    for (const promql::VectorSelector* selector : promql::selectors(expr)) {
      promql::Selector demanded = demanded_by(*selector);
      if (selects_own_only(demanded) || recorded_.contains(demanded.metric)) continue;
      if (texts_.insert(demanded.text()).second) selectors_.push_back(std::move(demanded));
    }
  }

  std::vector<promql::Selector> take() { return std::move(selectors_); }

 private:
  std::set<std::string> recorded_;
  std::set<std::string> texts_;
  std::vector<promql::Selector> selectors_;
};

}  // namespace

promql::Selector demanded_by(const promql::VectorSelector& selector) {
  promql::Selector demanded;
  for (const Matcher& matcher : selector.matchers) {
    if (demanded.metric.empty() && is_named(matcher)) {
      demanded.metric = matcher.value();
    } else {
      demanded.matchers.push_back(matcher);
    }
  }
  return demanded;
}

bool is_own_metric(std::string_view metric) {
  return metric.starts_with("slod_") || metric == "ALERTS" || metric == "ALERTS_FOR_STATE";
}

std::vector<promql::Selector> kept_selectors(const config::Config& config) {
  Kept kept(config);
  for (const config::Rule& rule : config.rules) {
    if (const auto expr = promql::parse(rule.expr)) kept.add(**expr);
  }
  return kept.take();
}

}  // namespace slod
