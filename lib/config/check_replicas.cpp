#include <fmt/format.h>

#include <algorithm>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

/// The matcher that no series of the server fulfils, since none has its label; or null.
const promql::Matcher* never_fulfilled(const promql::Selector& selector,
                                       const PrometheusServer& server) {
  const auto found = std::ranges::find_if(selector.matchers, [&](const promql::Matcher& matcher) {
    const auto& labels = server.replica_labels;
    return std::ranges::find(labels, matcher.label()) != labels.end() && !matcher.accepts("");
  });
  return found == selector.matchers.end() ? nullptr : &*found;
}

}  // namespace

void check_replica_labels(const Draft& draft) {
  for (const SloPlaces& places : draft.slo_places) {
    for (const auto& [selector, place] : places.selectors) {
      for (const PrometheusServer& server : draft.config.prometheus) {
        const promql::Matcher* matcher = never_fulfilled(selector, server);
        if (matcher == nullptr) continue;
        place.warn(fmt::format(
            "expected a selector without {}, found {}: it is one of the "
            "replica_labels of the Prometheus server {}, so that no series from there has it",
            matcher->label(), selector.text(), server.name));
      }
    }
  }
}

}  // namespace slod::config
