// The engine's samples for queries, and its work off the loop.

#include <map>
#include <string>
#include <utility>

#include "lib/engine/alert_samples.h"
#include "lib/engine/engine.h"

namespace slod {

void Engine::build_samples(Instant now) {
  std::map<std::string, SourceOptions> sources;
  for (const SourcePlan& source : plan_.sources) sources.emplace(source.name, source.options);
  intake_.keep_only(sources, now);
}

void Engine::record_own(std::vector<LabelledSample> own, Instant at) {
  for (LabelledSample& alert : alert_samples(*snapshot_)) own.push_back(std::move(alert));
  own_samples_.append(std::move(own), at);
}

std::vector<Work> Engine::take_work(Instant /*now*/) {
  return std::exchange(work_, {});
}

}  // namespace slod
