// The engine's samples for queries, and its work off the loop.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/engine/alert_samples.h"
#include "lib/engine/engine.h"
#include "lib/engine/expression_needs.h"

namespace slod {

void Engine::build_samples(Instant now) {
  std::map<std::string, SourceOptions> sources;
  for (const SourcePlan& source : plan_.sources) sources.emplace(source.name, source.options);
  intake_.keep_only(sources, now);
  samples_.set_limits({.retention = config_.query.retention,
                       .bytes_max = static_cast<std::size_t>(config_.query.memory_bytes)});
  std::vector<promql::Selector> selectors;
  std::vector<Duration> reaches;
  for (NeededSeries& needed : needed_series(config_)) {
    selectors.push_back(std::move(needed.selector));
    reaches.push_back(needed.reach);
  }
  samples_.set_needs(Demand(std::move(selectors)), std::move(reaches));
}

void Engine::record_own(std::vector<LabelledSample> own, Instant at) {
  own_since_ = std::min(own_since_, at);
  history_.add(own, at);
  for (LabelledSample& alert : alert_samples(*snapshot_)) own.push_back(std::move(alert));
  own_samples_.append(std::move(own), at);
  // Rules that record what belongs to the last round had the time since then for it.
  if (own_feed_ && own_at_) own_feed_->report(*own_at_, slos_);
  own_at_ = at;
}

Instant Engine::own_samples_since() const {
  return std::max(own_since_, samples_.kept_since(snapshot_->at));
}

std::vector<Work> Engine::take_work(Instant now) {
  take_rule_work(now);
  take_slice_work(now);
  return std::exchange(work_, {});
}

}  // namespace slod
