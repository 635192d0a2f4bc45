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
  /// By time and key.
  bool load_open(std::vector<EpisodeChange>& episodes);
  bool newest(std::size_t limit, std::vector<EpisodeChange>& episodes);
  /// Removes those that were resolved before `oldest`.
  bool prune(Instant oldest);

 private:
  Statement put_, open_, newest_, prune_;
};

}  // namespace slod
