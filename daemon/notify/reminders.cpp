#include "daemon/notify/reminders.h"

#include <algorithm>
#include <utility>

namespace slod {

void Reminders::set(std::vector<alert::Notice> notices, Instant now) {
  std::map<std::string, Instant, std::less<>> due;
  for (const alert::Notice& notice : notices) {
    const auto known = due_.find(notice.key);
    due.emplace(notice.key, known == due_.end() ? now + patience : known->second);
  }
  due_ = std::move(due);
  notices_ = std::move(notices);
}

std::optional<Instant> Reminders::due() const {
  if (notices_.empty()) return std::nullopt;
  Instant first = Instant::max();
  for (const alert::Notice& notice : notices_) first = std::min(first, due_.at(notice.key));
  return std::max(first, held_until_);
}

void Reminders::begin(Instant now) {
  for (auto& [key, due] : due_) due = now + interval;
}

void Reminders::hold(Duration retry_after, Instant now) {
  held_until_ = now + std::min<Duration>(retry_after, std::chrono::hours(1));
}

}  // namespace slod
