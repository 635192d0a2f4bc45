#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/time/instant.h"

namespace slod {

/// What is firing for one Alertmanager, and when to say so again. Does no input or output.
class Reminders {
 public:
  /// How often it is said again: Alertmanager misses a few before it takes an alert for ended.
  static constexpr Duration interval = std::chrono::minutes(1);
  /// How long something new waits for its own message, which is on its way to the disk and then
  /// says it. After a restart, or when the disk hangs, there is none.
  static constexpr Duration patience = std::chrono::seconds(5);

  /// All that is firing now.
  void set(std::vector<alert::Notice> notices, Instant now);

  std::span<const alert::Notice> notices() const { return notices_; }
  /// When to say it next; nullopt: nothing is firing. Whatever is due, all of it is said.
  std::optional<Instant> due() const;

  /// All of it is being said; whatever comes of it, the next time is an interval later.
  void begin(Instant now);
  /// A message said that the episode `key` is firing, so it need not be said for an interval.
  void told(const std::string& key, Instant now) { due_[key] = now + interval; }
  /// It asked not to be told before `retry_after` has passed, of which an hour counts.
  void hold(Duration retry_after, Instant now);

 private:
  std::vector<alert::Notice> notices_;
  std::map<std::string, Instant, std::less<>> due_;  ///< by key; of what is firing, or was told
  Instant held_until_ = Instant::min();
};

}  // namespace slod
