#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/outbox.h"

namespace slod {

/// The table of messages, in whatever state. A call that returns false has left its reason with the
/// connection.
class OutboxTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  /// A message whose id is there already stays as it is.
  bool put(const OutboxMessage& message);
  bool update(const OutboxUpdate& update);
  /// Of the rows that are damaged, those that are not delivered are pending, since a message that
  /// comes twice or garbled is better than none; others are removed. A problem says so of each.
  bool settle_damaged(std::vector<std::string>& problems);
  /// In the order in which they were put.
  bool load_pending(std::vector<OutboxRow>& rows);
  /// See Database::recent_messages.
  bool newest(std::size_t limit, std::vector<SentMessage>& messages);
  /// Removes those made before `oldest` that are not pending.
  bool prune(Instant oldest);

 private:
  Statement put_, update_, pending_, newest_, prune_, damaged_, remove_, keep_;
};

}  // namespace slod
