#pragma once

#include <cstddef>
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
  bool newest(std::size_t limit, std::vector<VerdictChange>& verdicts);
  bool prune(Instant oldest);

 private:
  Statement put_, newest_, prune_;
};

}  // namespace slod
