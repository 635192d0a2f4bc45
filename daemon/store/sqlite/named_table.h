#pragma once

#include "daemon/store/sqlite/statement.h"
#include "lib/state/changes.h"

namespace slod {

/// The table of the small pieces of state, see named_rows. A call that returns false has left its
/// reason with the connection.
class NamedTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  bool put(const Remembered& remembered);
  bool load(Restored& restored);

 private:
  Statement put_, remove_, all_;
};

}  // namespace slod
