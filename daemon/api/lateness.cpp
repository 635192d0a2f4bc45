#include "daemon/api/lateness.h"

#include <algorithm>

namespace slod {

void Lateness::add(Instant now, std::chrono::duration<double> late) {
  while (!steps_.empty() && steps_.front().first <= now - span) steps_.pop_front();
  steps_.emplace_back(now, std::max(late.count(), 0.0));
}

double Lateness::ratio(Instant now) const {
  double late_seconds = 0;
  for (const auto& [at, late] : steps_) {
    if (at > now - span) late_seconds += late;
  }
  // A step that comes late by more than the minute was late for all of it.
  return std::min(late_seconds / seconds(span), 1.0);
}

}  // namespace slod
