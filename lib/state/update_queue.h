#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/state/outbox.h"

namespace slod {

/// What became of messages, on its way to the store: one transaction at a time, so that many
/// messages make few of them. What became of a message follows the message itself: it waits until
/// that is stored. Of each message only the newest is kept. Not thread-safe.
class UpdateQueue {
 public:
  void offer(OutboxUpdate update);
  /// What is to be submitted now; nullopt: nothing, or a transaction is under way. acknowledged()
  /// must follow. `is_stored`: whether the message with an id is in the store.
  std::optional<std::vector<OutboxUpdate>> take(
      const std::function<bool(const std::string& id)>& is_stored);
  /// The end of the transaction that is under way; what it could not store is kept. True: it is the
  /// first that failed since one succeeded.
  bool acknowledged(bool is_stored);

  /// All that is neither stored nor on its way, for when slod ends.
  std::vector<OutboxUpdate> take_rest() { return std::exchange(waiting_, {}); }

  bool empty() const { return waiting_.empty() && in_flight_.empty(); }

 private:
  std::vector<OutboxUpdate> waiting_;    ///< one a message
  std::vector<OutboxUpdate> in_flight_;  ///< submitted and not acknowledged; empty: none
  bool is_failing_ = false;
};

}  // namespace slod
