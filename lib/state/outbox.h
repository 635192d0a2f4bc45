#pragma once

#include <string>
#include <string_view>

#include "lib/alert/notice.h"
#include "lib/time/instant.h"

namespace slod {

/// A message that a receiver must get. `id` says the same for every retry and every restart.
struct OutboxMessage {
  std::string id;        ///< dedup key, transition and receiver
  std::string receiver;  ///< its name in the configuration
  alert::Notice notice;
  Instant created;
};

enum class OutboxState { pending, delivered, rejected };

/// "pending", "delivered", "rejected".
std::string_view to_string(OutboxState state);

/// A message that still waits for its receiver.
struct OutboxRow {
  OutboxMessage message;
  int attempts = 0;      ///< made so far
  Instant next_attempt;  ///< not before this time
  std::string error;     ///< of the last attempt; holds no secret
  /// Why what is stored of the message's notice cannot be read, and then the notice is an empty
  /// one; empty: it could.
  std::string unreadable = {};
};

/// A message and where it stands, finished or not.
struct SentMessage {
  OutboxRow row;
  OutboxState state = OutboxState::pending;
};

/// What became of an attempt to send the message `id`.
struct OutboxUpdate {
  std::string id;
  OutboxState state = OutboxState::pending;
  int attempts = 0;
  Instant next_attempt;  ///< of a pending message
  std::string error;     ///< empty, or one sentence without a secret
};

}  // namespace slod
