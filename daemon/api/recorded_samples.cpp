#include "daemon/api/recorded_samples.h"

namespace slod {

QuerySamples::Open RecordedSamples::open(std::vector<std::vector<promql::Matcher>> selections,
                                         Interval range) {
  return [recent = engine_.samples().view(selections, range)](const std::stop_token&) {
    return recent;
  };
}

}  // namespace slod
