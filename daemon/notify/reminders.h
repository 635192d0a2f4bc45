#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/time/instant.h"

namespace slod {

/// What is firing for one Alertmanager, and when to say so again. Does no input or output.
class Reminders {
 public:
  /// How often it is said again: Alertmanager misses a few before it takes an alert for ended.
  static constexpr Duration interval = std::chrono::minutes(1);

  /// All that is firing now. Something that was not among it before is said at once.
  void set(std::vector<alert::Notice> notices);

  std::span<const alert::Notice> notices() const { return notices_; }
  /// When to say it next; nullopt: nothing is firing.
  std::optional<Instant> due() const;

  /// It is being said; whatever comes of it, the next time is an interval later.
  void begin(Instant now) { due_ = now + interval; }
  /// It asked not to be told before `retry_after` has passed, of which an hour counts.
  void hold(Duration retry_after, Instant now);

 private:
  std::vector<alert::Notice> notices_;
  Instant due_ = Instant::min();
};

}  // namespace slod
