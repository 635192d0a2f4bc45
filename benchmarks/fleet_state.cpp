// Writes the state that a daemon would have after thirty days: every source of a configuration,
// stepped through them by the engine itself. Old reads come once an hour, since a ledger keeps as
// many snapshots whatever happened between them; the last two hours are read at every interval.
//
//   fleet_state CONFIG STATE PAGE...   the pages are read one after the other, again and again

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "daemon/files/configuration.h"
#include "daemon/store/sqlite/sqlite_database.h"
#include "lib/engine/engine.h"
#include "lib/series/scraped_source.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr Duration past = days(30);
constexpr Duration read_closely = hours(2);
constexpr Duration between_old_reads = hours(1);

int failed(const std::string& why) {
  fmt::print(stderr, "fleet_state: {}\n", why);
  return 1;
}

/// An engine and its sources, as the daemon has them.
class Fleet {
 public:
  Fleet(config::Config config, std::vector<std::string> pages, Instant begin)
      : engine_(std::move(config), {}, begin), pages_(std::move(pages)) {
    for (const SourcePlan& source : engine_.plan().sources) {
      sources_.emplace(source.name, ScrapedSource(source.demand, source.options));
    }
  }

  std::expected<void, std::string> read_all(Instant at) {
    const std::string& page = pages_[reads_++ % pages_.size()];
    for (auto& [name, source] : sources_) {
      const auto result = source.record_page(page, at);
      if (!result) return std::unexpected(result.error().message);
      SourceChange change{.source = name, .series = {}, .values = source.book.values_bytes()};
      if (result->added > 0) change.series = source.book.series_bytes();
      engine_.record_scrape(name, source.book, *result, {.at = at, .took = {}}, std::move(change));
    }
    engine_.step(at);
    return {};
  }

  Changes take_changes() { return engine_.take_changes(); }

 private:
  Engine engine_;
  std::vector<std::string> pages_;
  std::map<std::string, ScrapedSource> sources_;
  std::size_t reads_ = 0;
};

std::string content_of(const char* file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One of the rows' owners, without its rows.
SloChange head_of(const SloChange& slo) {
  SloChange head;
  head.slo = slo.slo;
  head.fingerprint = slo.fingerprint;
  head.resolution = slo.resolution;
  head.state = slo.state;
  return head;
}

/// In parts by time, as the daemon wrote them: the store is slow with any other order.
std::expected<void, std::string> commit(Database& database, Changes changes) {
  std::map<Instant, Changes> by_hour;
  for (const SloChange& slo : changes.slos) {
    for (const LedgerRow& row : slo.ledger) {
      std::vector<SloChange>& slos = by_hour[std::chrono::floor<hours>(row.at)].slos;
      if (slos.empty() || slos.back().slo != slo.slo) slos.push_back(head_of(slo));
      slos.back().ledger.push_back(row);
    }
  }
  for (const auto& [hour, part] : by_hour) {
    if (const auto stored = database.commit(part); !stored) return stored;
  }
  changes.slos.clear();
  return database.commit(changes);
}

int write_state(const std::string& config_path, const std::string& state,
                std::vector<std::string> pages) {
  config::LoadResult loaded = load_configuration({config_path});
  if (!loaded.config) return failed("the configuration has errors");
  auto database = open_sqlite(state + "/slod.db");
  if (!database) return failed(database.error());
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  Instant at = now - past;
  Fleet fleet(std::move(*loaded.config), std::move(pages), at);
  while (at < now) {
    if (const auto read = fleet.read_all(at); !read) return failed(read.error());
    at += now - at > read_closely ? between_old_reads : Duration(std::chrono::seconds(15));
  }
  const auto stored = commit(**database, fleet.take_changes());
  return stored ? 0 : failed(stored.error());
}

}  // namespace
}  // namespace slod

int main(int argc, char** argv) {
  if (argc < 4) return slod::failed("expected CONFIG STATE PAGE...");
  std::vector<std::string> pages;
  for (int i = 3; i < argc; ++i) pages.push_back(slod::content_of(argv[i]));
  return slod::write_state(argv[1], argv[2], std::move(pages));
}
