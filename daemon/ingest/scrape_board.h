#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/ingest/ingest.h"
#include "daemon/ingest/known_metadata.h"
#include "lib/engine/plan.h"
#include "lib/time/instant.h"

namespace slod {

/// What became of the last attempt to scrape a source. What a page had is 0 where it failed.
struct LastScrape {
  Instant at{};
  Duration took{};
  std::string error = {};  ///< empty: it succeeded
  std::size_t body_bytes = 0;
  std::size_t samples = 0;   ///< on the page
  std::size_t demanded = 0;  ///< of these, of series that an SLO or a rule needs
  std::size_t ignored = 0;   ///< NaN, infinite, negative, out of order, duplicated
  RuleCounts rules = {};     ///< which decided what its samples mean
  /// How far the clock of the source is ahead; nullopt: it has not shown it. As last seen.
  std::optional<Duration> clock_skew = {};
  std::string url = {};  ///< which page, or which of the servers, is read

  bool succeeded() const { return error.empty(); }
};

/// By SourcePlan::name. One that has not been scraped yet has no entry.
using LastScrapes = std::map<std::string, LastScrape, std::less<>>;

/// What the scrapes of all sources have shown: the one book of it. To be used on the loop's thread.
class ScrapeBoard {
 public:
  /// These sources are scraped from now on; the last scrapes of others are forgotten.
  void configure(const std::vector<SourcePlan>& sources);
  /// Notes what became of a scrape of one of them.
  const LastScrape& record(const ScrapeResult& result);

  const LastScrapes& last() const { return last_; }
  const KnownMetadata& metadata() const { return metadata_; }
  /// A source of which no scrape has ended since the start; nullopt: there is none.
  std::optional<std::string> not_scraped_yet() const;

 private:
  std::set<std::string> sources_;
  LastScrapes last_;
  KnownMetadata metadata_;
};

}  // namespace slod
