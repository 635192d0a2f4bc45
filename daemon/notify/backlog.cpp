#include "daemon/notify/backlog.h"

#include <algorithm>
#include <cassert>

namespace slod {

std::optional<Instant> Backlog::due() const {
  if (rows_.empty()) return std::nullopt;
  return std::max(rows_.front().next_attempt, paused_until_);
}

void Backlog::begin(Instant now, Duration pause) {
  assert(!rows_.empty());
  paused_until_ = now + pause;
}

OutboxUpdate Backlog::end(const alert::DeliveryResult& result, std::optional<Duration> retry_after,
                          Instant now, double jitter) {
  assert(!rows_.empty());
  OutboxRow& row = rows_.front();
  ++row.attempts;
  row.error = result.reason;
  if (result.status == alert::DeliveryStatus::retry) {
    row.next_attempt = alert::next_attempt(row.attempts, retry_after, now, jitter);
    return {row.message.id, OutboxState::pending, row.attempts, row.next_attempt, row.error};
  }
  const bool delivered = result.status == alert::DeliveryStatus::delivered;
  OutboxUpdate update{row.message.id, delivered ? OutboxState::delivered : OutboxState::rejected,
                      row.attempts, now, row.error};
  rows_.pop_front();
  return update;
}

void Backlog::hurry() {
  if (!rows_.empty()) rows_.front().next_attempt = Instant::min();
}

}  // namespace slod
