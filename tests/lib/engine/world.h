#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/load.h"
#include "lib/engine/engine.h"
#include "lib/freeze/verdict.h"
#include "lib/series/scraped_source.h"
#include "lib/time/instant.h"
#include "tests/support/state/memory_database.h"

namespace slod {

/// Seconds after 2026-01-01T00:00:00Z, which every interval and slice of these tests divides.
Instant at(double second);

/// A configuration from YAML that has no errors.
config::Config configured(const std::string& yaml);

/// A page with two counters: requests{code="200"} and requests{code="500"}.
std::string requests_page(double good, double bad);
/// A page with the gauge `load`; none where there is none.
std::optional<std::string> load_page(std::optional<double> load);

/// An engine, each source and a store: the daemon without its threads and sockets.
class World {
 public:
  World(const std::string& yaml, Instant now);

  /// A read of a source that brought this page, or failed. `date`: by the source's clock, which is
  /// taken for slod's own where there is none.
  void page(const std::string& source, const std::string& text, Instant when,
            std::optional<Instant> date = std::nullopt);
  void fail(const std::string& source, Instant when);
  /// The one or the other.
  void attempt(const std::string& source, const std::optional<std::string>& page, Instant when) {
    page ? this->page(source, *page, when) : fail(source, when);
  }
  void step(Instant now) { engine_->step(now); }
  /// Does at once what the engine wants done off the loop.
  void run_jobs(Instant now);
  /// Stores what changed since the last commit.
  void commit();

  /// The process ends, whatever was not committed is lost, and another one starts.
  void restart(const std::string& yaml, Instant now);
  /// As above, with sources whose stored counters cannot be used.
  void restart_without_counters(const std::string& yaml, Instant now);
  void reconfigure(const std::string& yaml, Instant now);

  Engine& engine() { return *engine_; }
  const MemoryDatabase& tables() const { return tables_; }
  const std::vector<std::string>& problems() const { return problems_; }

  /// As of the last step. The SLO and the service must exist.
  const SloSnapshot& slo(std::string_view service, std::string_view name) const;
  freeze::Verdict verdict(std::string_view service,
                          freeze::Change change = freeze::Change::feature) const;
  /// One SLO over the last `window`.
  WindowAnswer over(std::string_view service, std::string_view name, Duration window,
                    Instant now) const;

 private:
  void start(const std::string& yaml, Instant now);

  MemoryDatabase tables_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, ScrapedSource> sources_;
  std::map<std::string, std::uint64_t> delivered_series_;
  std::vector<std::string> problems_;
};

}  // namespace slod
