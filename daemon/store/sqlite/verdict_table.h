#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/changes.h"

namespace slod {

/// The table of changes of freeze level. A call that returns false has left its reason with the
/// connection.
class VerdictTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  bool put(const VerdictChange& change);
  /// Removes rows that are damaged, with a problem that says so.
  bool drop_damaged(std::vector<std::string>& problems);
  bool newest(std::size_t limit, std::vector<VerdictChange>& verdicts);
  bool prune(Instant oldest);

 private:
  sqlite3* connection_ = nullptr;
  Statement put_, damaged_, newest_, prune_;
};

}  // namespace slod
