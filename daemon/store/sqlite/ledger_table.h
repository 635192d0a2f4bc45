#pragma once

#include <cstdint>
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
  /// By name, each with its rows by time. `wrong`: what was read makes no sense, and why.
  bool load(std::vector<SloChange>& slos, std::optional<std::string>& wrong);

 private:
  using ById = std::unordered_map<std::int64_t, SloChange>;

  bool load_rows(ById& slos, std::optional<std::string>& wrong);

  Statement put_slo_, remove_slo_, slo_id_, all_slos_;
  Statement put_ledger_, remove_ledger_, clear_ledger_, all_ledger_;
  Statement put_buckets_, remove_buckets_, clear_buckets_, all_buckets_;
};

}  // namespace slod
