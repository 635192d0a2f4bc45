#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/store/sqlite/statement.h"
#include "lib/state/changes.h"

namespace slod {

/// The tables of SLOs, their ledgers and their buckets. A call that returns false has left its
/// reason with the connection.
class LedgerTable {
 public:
  static const char* const schema;

  bool prepare(sqlite3* connection);

  bool put(const SloChange& change);
  bool forget(const std::string& slo);
  /// The SLOs by name, each with its rows by time. Rows that are damaged are removed, with a
  /// problem that says so. `wrong`: what was read makes no sense, and why.
  bool load(Restored& restored, std::optional<std::string>& wrong);

 private:
  /// What is being read.
  struct Loading {
    std::unordered_map<std::int64_t, SloChange> slos;  ///< by id
    std::map<std::int64_t, std::string> lost_slos;     ///< whose own rows are damaged: their names
    /// How many other rows are damaged, by the name of their SLO; the empty one: it is not known.
    std::map<std::string, std::size_t> damaged_rows;
    std::optional<std::string> wrong;
  };

  static SloChange* owner_of(const Row& row, bool is_good, Loading& loading);
  bool load_rows(Loading& loading);
  bool drop_damaged(const Loading& loading, std::vector<std::string>& problems);

  sqlite3* connection_ = nullptr;
  Statement put_slo_, remove_slo_, slo_id_, all_slos_;
  Statement put_ledger_, remove_ledger_, clear_ledger_, all_ledger_;
  Statement put_buckets_, remove_buckets_, clear_buckets_, all_buckets_;
};

}  // namespace slod
