#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/alert/receivers/receiver_type.h"
#include "lib/time/instant.h"

namespace slod {

/// What is firing for one receiver that forgets, and when to send it again. Does no input or
/// output.
class Resend {
 public:
  explicit Resend(alert::ResendPolicy policy) : policy_(policy) {}

  /// All that is firing now.
  void set(std::vector<alert::Notice> notices, Instant now);

  std::span<const alert::Notice> notices() const { return notices_; }
  /// When to send it next; nullopt: nothing is firing. Whatever is due, all of it is sent.
  std::optional<Instant> due() const;

  /// All of it is being sent; whatever comes of it, the next time is an interval later.
  void begin(Instant now);
  /// A message said that the episode `key` is firing, so it need not be sent for an interval.
  void sent(const std::string& key, Instant now) { due_[key] = now + policy_.interval; }
  /// The receiver asked for nothing before `retry_after` has passed, of which an hour counts.
  void hold(Duration retry_after, Instant now);

 private:
  alert::ResendPolicy policy_;
  std::vector<alert::Notice> notices_;
  std::map<std::string, Instant, std::less<>> due_;  ///< by key; of what is firing, or was sent
  Instant held_until_ = Instant::min();
};

}  // namespace slod
