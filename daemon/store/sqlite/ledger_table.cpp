#include "daemon/store/sqlite/ledger_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

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
    resolution_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
  CREATE TABLE ledger(
    at INTEGER NOT NULL, slo INTEGER NOT NULL, total REAL NOT NULL, bad REAL NOT NULL,
    measured_cs INTEGER NOT NULL, unknown_cs INTEGER NOT NULL,
    PRIMARY KEY(at, slo)) STRICT, WITHOUT ROWID;
  CREATE TABLE buckets(
    at INTEGER NOT NULL, slo INTEGER NOT NULL, counts BLOB NOT NULL,
    PRIMARY KEY(at, slo)) STRICT, WITHOUT ROWID;
)";

bool LedgerTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_slo_,
        "INSERT INTO slo(name, fingerprint, resolution_ms, state) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT(name) DO UPDATE SET fingerprint = ?2, resolution_ms = ?3, state = ?4"},
       {&remove_slo_, "DELETE FROM slo WHERE id = ?1"},
       {&slo_id_, "SELECT id FROM slo WHERE name = ?1"},
       {&all_slos_, "SELECT id, name, fingerprint, resolution_ms, state FROM slo ORDER BY name"},
       {&put_ledger_,
        "INSERT OR REPLACE INTO ledger(at, slo, total, bad, measured_cs, unknown_cs)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
       {&remove_ledger_, "DELETE FROM ledger WHERE at = ?1 AND slo = ?2"},
       {&clear_ledger_, "DELETE FROM ledger WHERE slo = ?1"},
       {&all_ledger_,
        "SELECT at, slo, total, bad, measured_cs, unknown_cs FROM ledger ORDER BY at, slo"},
       {&put_buckets_, "INSERT OR REPLACE INTO buckets(at, slo, counts) VALUES(?1, ?2, ?3)"},
       {&remove_buckets_, "DELETE FROM buckets WHERE at = ?1 AND slo = ?2"},
       {&clear_buckets_, "DELETE FROM buckets WHERE slo = ?1"},
       {&all_buckets_, "SELECT at, slo, counts FROM buckets ORDER BY at, slo"}});
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

bool LedgerTable::load_rows(ById& slos, std::optional<std::string>& wrong) {
  const auto owner = [&](const Row& row) -> SloChange* {
    const auto found = slos.find(row.integer(1));
    if (found != slos.end()) return &found->second;
    wrong = fmt::format("a row belongs to the SLO number {}, which is not there", row.integer(1));
    return nullptr;
  };
  const auto add_ledger = [&](const Row& row) {
    if (SloChange* slo = owner(row)) {
      slo->ledger.push_back({.at = row.instant(0),
                             .total = row.real(2),
                             .bad = row.real(3),
                             .measured_cs = as_centiseconds(row.integer(4)),
                             .unknown_cs = as_centiseconds(row.integer(5))});
    }
  };
  const auto add_buckets = [&](const Row& row) {
    SloChange* slo = owner(row);
    auto counts = as_counts(row.bytes(2));
    if (!counts) {
      wrong = "the bucket counts of a row are no whole number of values";
    } else if (slo != nullptr) {
      slo->buckets.push_back({.at = row.instant(0), .counts = std::move(*counts)});
    }
  };
  return all_ledger_.for_each(add_ledger) && all_buckets_.for_each(add_buckets);
}

bool LedgerTable::load(std::vector<SloChange>& slos, std::optional<std::string>& wrong) {
  ById by_id;
  std::vector<std::int64_t> ids;  // in the order of their names
  const auto add = [&](const Row& row) {
    ids.push_back(row.integer(0));
    SloChange& slo = by_id[ids.back()];
    slo.slo = row.bytes(1);
    slo.fingerprint = row.bytes(2);
    slo.resolution = Duration(row.integer(3));
    slo.state = row.bytes(4);
  };
  if (!all_slos_.for_each(add) || !load_rows(by_id, wrong)) return false;
  for (const std::int64_t id : ids) slos.push_back(std::move(by_id[id]));
  return true;
}

}  // namespace slod
