#include "daemon/notify/resend.h"

#include <algorithm>
#include <utility>

namespace slod {

void Resend::set(std::vector<alert::Notice> notices, Instant now) {
  std::map<std::string, Instant, std::less<>> due;
  for (const alert::Notice& notice : notices) {
    const auto known = due_.find(notice.key);
    due.emplace(notice.key, known == due_.end() ? now + policy_.patience : known->second);
  }
  due_ = std::move(due);
  notices_ = std::move(notices);
}

std::optional<Instant> Resend::due() const {
  if (notices_.empty()) return std::nullopt;
  Instant first = Instant::max();
  for (const alert::Notice& notice : notices_) first = std::min(first, due_.at(notice.key));
  return std::max(first, held_until_);
}

void Resend::begin(Instant now) {
  for (auto& [key, due] : due_) due = now + policy_.interval;
}

void Resend::hold(Duration retry_after, Instant now) {
  held_until_ = now + std::min(retry_after, alert::retry_wait_max);
}

}  // namespace slod
