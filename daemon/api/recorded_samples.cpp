#include "daemon/api/recorded_samples.h"

#include <algorithm>
#include <utility>

#include "daemon/api/history_source.h"
#include "lib/series/united_source.h"

namespace slod {

QuerySamples::Open RecordedSamples::open(std::vector<std::vector<promql::Matcher>> selections,
                                         Interval range) {
  auto recent = engine_.samples().view(selections, range);
  const Interval older{range.begin, std::min(range.end, engine_.own_samples_since())};
  std::vector<std::string> metrics = history_metrics(selections);
  if (metrics.empty() || older.begin >= older.end) {
    return [recent = std::move(recent)](const std::stop_token&) { return recent; };
  }
  return [recent = std::move(recent), metrics = std::move(metrics), older,
          store = &store_](std::stop_token stop) -> std::shared_ptr<const SampleSource> {
    return united(open_history(*store, metrics, older, std::move(stop)), recent);
  };
}

}  // namespace slod
