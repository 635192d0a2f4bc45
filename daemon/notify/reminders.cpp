#include "daemon/notify/reminders.h"

#include <algorithm>
#include <string>
#include <utility>

namespace slod {

void Reminders::set(std::vector<alert::Notice> notices) {
  const auto is_new = [this](const alert::Notice& notice) {
    return std::ranges::find(notices_, notice.key, &alert::Notice::key) == notices_.end();
  };
  if (std::ranges::any_of(notices, is_new)) due_ = Instant::min();
  notices_ = std::move(notices);
}

std::optional<Instant> Reminders::due() const {
  if (notices_.empty()) return std::nullopt;
  return due_;
}

void Reminders::hold(Duration retry_after, Instant now) {
  due_ = std::max(due_, now + std::min<Duration>(retry_after, std::chrono::hours(1)));
}

}  // namespace slod
