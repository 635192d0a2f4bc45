#include "lib/state/metric_history.h"

#include <chrono>

namespace slod {

std::int64_t history_day(Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

}  // namespace slod
