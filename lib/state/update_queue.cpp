#include "lib/state/update_queue.h"

#include <algorithm>
#include <utility>

namespace slod {

void UpdateQueue::offer(OutboxUpdate update) {
  const auto known = std::ranges::find(waiting_, update.id, &OutboxUpdate::id);
  if (known == waiting_.end()) {
    waiting_.push_back(std::move(update));
  } else {
    *known = std::move(update);
  }
}

std::optional<std::vector<OutboxUpdate>> UpdateQueue::take(
    const std::function<bool(const std::string& id)>& is_stored) {
  if (!in_flight_.empty()) return std::nullopt;
  for (OutboxUpdate& update : std::exchange(waiting_, {})) {
    (is_stored(update.id) ? in_flight_ : waiting_).push_back(std::move(update));
  }
  return in_flight_.empty() ? std::nullopt : std::optional(in_flight_);
}

bool UpdateQueue::acknowledged(bool is_stored) {
  std::vector<OutboxUpdate> before = std::exchange(in_flight_, {});
  const bool was_failing = std::exchange(is_failing_, !is_stored);
  if (is_stored) return false;
  std::vector<OutboxUpdate> newer = std::exchange(waiting_, std::move(before));
  for (OutboxUpdate& update : newer) offer(std::move(update));
  return !was_failing;
}

}  // namespace slod
