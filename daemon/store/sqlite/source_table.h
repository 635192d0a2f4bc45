#pragma once

#include <string>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/changes.h"

namespace slod {

/// The table of where the counters of sources stand. A call that returns false has left its reason
/// with the connection.
class SourceTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  bool put(const SourceChange& change);
  bool forget(const std::string& source);
  /// A row that is damaged is removed, with a problem that says so.
  bool load(Restored& restored);

 private:
  Statement put_, remove_, all_;
};

}  // namespace slod
