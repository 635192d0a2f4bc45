#include "daemon/store/sqlite/ledger_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/store/sqlite/row_sum.h"
#include "lib/text/utf8.h"

namespace slod {
namespace {

static_assert(std::endian::native == std::endian::little, "bucket counts are stored as they lie");

Blob as_blob(const std::vector<double>& counts) {
  return {{reinterpret_cast<const char*>(counts.data()), counts.size() * sizeof(double)}};
}

/// nullopt where the bytes are no row of doubles.
std::optional<std::vector<double>> as_counts(std::string_view bytes) {
  if (bytes.size() % sizeof(double) != 0) return std::nullopt;
  std::vector<double> counts(bytes.size() / sizeof(double));
  if (!counts.empty()) std::memcpy(counts.data(), bytes.data(), bytes.size());
  return counts;
}

/// Where the newest row of the ledger or of the buckets is left out, the other's go no further.
void cut_to_common_end(SloChange& slo) {
  if (slo.ledger.empty() || slo.buckets.empty()) return;
  const Instant end = std::min(slo.ledger.back().at, slo.buckets.back().at);
  std::erase_if(slo.ledger, [end](const LedgerRow& row) { return row.at > end; });
  std::erase_if(slo.buckets, [end](const BucketRow& row) { return row.at > end; });
}

constexpr const char* good_ledger_row =
    "checksum IN (0, row_sum(at, slo, total, bad, measured_cs, unknown_cs))";
constexpr const char* good_buckets_row = "checksum IN (0, row_sum(at, slo, counts))";

/// Keeps the low 32 bits, where a row's wrapping times live.
std::uint32_t as_centiseconds(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

}  // namespace

// The key of `ledger` and `buckets` begins with the time on purpose: the newest rows of all SLOs
// are neighbours, so that a commit, which adds one row to each, writes a few pages instead of one
// page for each SLO. What it costs is that removing an SLO reads the whole table, which is rare.
const char* const LedgerTable::schema = R"(
  CREATE TABLE slo(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
    resolution_ms INTEGER NOT NULL, state TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE ledger(
    at INTEGER NOT NULL, slo INTEGER NOT NULL, total REAL NOT NULL, bad REAL NOT NULL,
    measured_cs INTEGER NOT NULL, unknown_cs INTEGER NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(at, slo)) STRICT, WITHOUT ROWID;
  CREATE TABLE buckets(
    at INTEGER NOT NULL, slo INTEGER NOT NULL, counts BLOB NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(at, slo)) STRICT, WITHOUT ROWID;
)";

bool LedgerTable::prepare(sqlite3* connection) {
  connection_ = connection;
  return prepare_all(
      connection,
      {{&put_slo_,
        "INSERT INTO slo(name, fingerprint, resolution_ms, state, checksum)"
        " VALUES(?1, ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4))"
        " ON CONFLICT(name) DO UPDATE SET fingerprint = ?2, resolution_ms = ?3, state = ?4,"
        " checksum = row_sum(?1, ?2, ?3, ?4)"},
       {&remove_slo_, "DELETE FROM slo WHERE id = ?1"},
       {&slo_id_, "SELECT id FROM slo WHERE name = ?1"},
       {&all_slos_,
        "SELECT id, name, fingerprint, resolution_ms, state,"
        " checksum IN (0, row_sum(name, fingerprint, resolution_ms, state)) FROM slo ORDER BY "
        "name"},
       {&put_ledger_,
        "INSERT OR REPLACE INTO ledger(at, slo, total, bad, measured_cs, unknown_cs, checksum)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, row_sum(?1, ?2, ?3, ?4, ?5, ?6))"},
       {&remove_ledger_, "DELETE FROM ledger WHERE at = ?1 AND slo = ?2"},
       {&clear_ledger_, "DELETE FROM ledger WHERE slo = ?1"},
       {&all_ledger_,
        "SELECT at, slo, total, bad, measured_cs, unknown_cs, checksum IN"
        " (0, row_sum(at, slo, total, bad, measured_cs, unknown_cs)) FROM ledger ORDER BY at, slo"},
       {&put_buckets_,
        "INSERT OR REPLACE INTO buckets(at, slo, counts, checksum)"
        " VALUES(?1, ?2, ?3, row_sum(?1, ?2, ?3))"},
       {&remove_buckets_, "DELETE FROM buckets WHERE at = ?1 AND slo = ?2"},
       {&clear_buckets_, "DELETE FROM buckets WHERE slo = ?1"},
       {&all_buckets_,
        "SELECT at, slo, counts, checksum IN (0, row_sum(at, slo, counts))"
        " FROM buckets ORDER BY at, slo"}});
}

bool LedgerTable::forget(const std::string& slo) {
  std::optional<std::int64_t> id;
  if (!slo_id_.for_each([&](const Row& row) { id = row.integer(0); }, slo)) return false;
  return !id || (clear_ledger_.run(*id) && clear_buckets_.run(*id) && remove_slo_.run(*id));
}

bool LedgerTable::put(const SloChange& change) {
  if (change.replaced && !forget(change.slo)) return false;
  std::int64_t id = 0;
  const auto read_id = [&](const Row& row) { id = row.integer(0); };
  if (!put_slo_.run(change.slo, change.fingerprint, change.resolution.count(), change.state) ||
      !slo_id_.for_each(read_id, change.slo)) {
    return false;
  }
  const auto remove_from = [&](Statement& statement) {
    return [&statement, id](Instant at) { return statement.run(at, id); };
  };
  return std::ranges::all_of(change.ledger_removed, remove_from(remove_ledger_)) &&
         std::ranges::all_of(change.buckets_removed, remove_from(remove_buckets_)) &&
         std::ranges::all_of(change.ledger,
                             [&](const LedgerRow& row) {
                               return put_ledger_.run(row.at, id, row.total, row.bad,
                                                      row.measured_cs, row.unknown_cs);
                             }) &&
         std::ranges::all_of(change.buckets, [&](const BucketRow& row) {
           return put_buckets_.run(row.at, id, as_blob(row.counts));
         });
}

/// The SLO that a row belongs to; null: the row is damaged, or is of an SLO that is.
SloChange* LedgerTable::owner_of(const Row& row, bool is_good, Loading& loading) {
  const auto found = loading.slos.find(row.integer(1));
  const bool is_known = found != loading.slos.end();
  if (!is_good) {
    ++loading.damaged_rows[is_known ? found->second.slo : std::string()];
    return nullptr;
  }
  if (is_known) return &found->second;
  if (!loading.lost_slos.contains(row.integer(1))) {
    loading.wrong =
        fmt::format("a row belongs to the SLO number {}, which is not there", row.integer(1));
  }
  return nullptr;
}

bool LedgerTable::load_rows(Loading& loading) {
  const auto add_ledger = [&](const Row& row) {
    if (SloChange* slo = owner_of(row, row.integer(6) != 0, loading)) {
      slo->ledger.push_back({.at = row.instant(0),
                             .total = row.real(2),
                             .bad = row.real(3),
                             .measured_cs = as_centiseconds(row.integer(4)),
                             .unknown_cs = as_centiseconds(row.integer(5))});
    }
  };
  const auto add_buckets = [&](const Row& row) {
    SloChange* slo = owner_of(row, row.integer(3) != 0, loading);
    if (slo == nullptr) return;
    auto counts = as_counts(row.bytes(2));
    if (!counts) {
      loading.wrong = "the bucket counts of a row are no whole number of values";
    } else {
      slo->buckets.push_back({.at = row.instant(0), .counts = std::move(*counts)});
    }
  };
  return all_ledger_.for_each(add_ledger) && all_buckets_.for_each(add_buckets);
}

/// Removes what is damaged, and says so.
bool LedgerTable::drop_damaged(const Loading& loading, std::vector<std::string>& problems) {
  for (const auto& [id, name] : loading.lost_slos) {
    problems.push_back(
        fmt::format("the stored state of SLO {} is damaged: its counts start over", name));
    if (!clear_ledger_.run(id) || !clear_buckets_.run(id) || !remove_slo_.run(id)) return false;
  }
  for (const auto& [name, rows] : loading.damaged_rows) {
    problems.push_back(fmt::format(
        "{} stored {} of the counts of {} {} damaged and left out: its counts may lack events up "
        "to the next good row",
        rows, rows == 1 ? "row" : "rows",
        name.empty() ? std::string("an unknown SLO") : "SLO " + name, rows == 1 ? "is" : "are"));
  }
  return loading.damaged_rows.empty() || (keep_rows(connection_, "ledger", good_ledger_row) &&
                                          keep_rows(connection_, "buckets", good_buckets_row));
}

bool LedgerTable::load(Restored& restored, std::optional<std::string>& wrong) {
  Loading loading;
  std::vector<std::int64_t> ids;  // in the order of their names
  const auto add = [&](const Row& row) {
    if (row.integer(5) == 0) {
      loading.lost_slos.emplace(row.integer(0), valid_utf8(row.bytes(1)));
      return;
    }
    ids.push_back(row.integer(0));
    SloChange& slo = loading.slos[ids.back()];
    slo.slo = row.bytes(1);
    slo.fingerprint = row.bytes(2);
    slo.resolution = Duration(row.integer(3));
    slo.state = row.bytes(4);
  };
  if (!all_slos_.for_each(add) || !load_rows(loading)) return false;
  wrong = loading.wrong;
  if (wrong) return true;
  if (!drop_damaged(loading, restored.problems)) return false;
  for (const std::int64_t id : ids) {
    SloChange& slo = loading.slos[id];
    if (loading.damaged_rows.contains(slo.slo)) cut_to_common_end(slo);
    restored.slos.push_back(std::move(slo));
  }
  return true;
}

}  // namespace slod
