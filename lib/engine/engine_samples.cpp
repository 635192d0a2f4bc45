// The engine's samples for queries, and its work off the loop.

#include <map>
#include <string>
#include <utility>

#include "lib/engine/engine.h"

namespace slod {

void Engine::build_samples(Instant now) {
  std::map<std::string, SourceOptions> sources;
  for (const SourcePlan& source : plan_.sources) sources.emplace(source.name, source.options);
  intake_.keep_only(sources, now);
}

std::vector<Work> Engine::take_work(Instant /*now*/) {
  return std::exchange(work_, {});
}

}  // namespace slod
