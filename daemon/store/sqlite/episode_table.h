#pragma once

#include <cstddef>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/changes.h"

namespace slod {

/// The table of episodes, open and resolved. A call that returns false has left its reason with the
/// connection.
class EpisodeTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  bool put(const EpisodeChange& change);
  /// By time and key. A row that is damaged is removed, with a problem that says so.
  bool load_open(Restored& restored);
  bool newest(std::size_t limit, std::vector<EpisodeChange>& episodes);
  /// Removes those that were resolved before `oldest`.
  bool prune(Instant oldest);

 private:
  Statement put_, open_or_damaged_, remove_, newest_, prune_;
};

}  // namespace slod
