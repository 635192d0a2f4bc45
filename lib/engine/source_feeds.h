#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/engine/feed.h"
#include "lib/engine/plan.h"
#include "lib/engine/slo_table.h"
#include "lib/engine/stored_pieces.h"
#include "lib/series/series_book.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// The sources of the plan: which SLOs each of them feeds, where its counters stand, and what is
/// stored of both. Not thread-safe.
class SourceFeeds {
 public:
  /// A source that stays goes on feeding the SLOs that it fed, as far as they are still in `slos`.
  void reconfigure(const Plan& plan, SloTable& slos);

  /// Keeps what is stored of the sources of the plan until forget_restored(); that of the others is
  /// removed from the state.
  /// `new_names`: of SLOs whose gaps are stored under the name that they had before.
  void restore(std::vector<SourceChange> sources,
               const std::vector<Keyed<std::vector<OpenGap>>>& open_gaps,
               std::map<std::string, std::string> new_names);
  /// The stored counters of a source, for its book; null where there are none.
  const SourceChange* restored_source(const std::string& name) const;
  void forget_restored() { restored_.clear(); }
  /// Says what a source's restored book knows, before its first scrape.
  void restore_book(const std::string& source, const SeriesBook& book, SloTable& slos);

  /// Null for a source that is not in the plan.
  const SourcePlan* plan_of(const std::string& source) const;
  /// A source of the plan was scraped, or could not be.
  void record_scrape(const std::string& source, const SeriesBook& book, const BatchResult& result,
                     SourceChange change, SloTable& slos);
  void record_failure(const std::string& source, const std::string& why, Instant at,
                      SloTable& slos);
  /// SLOs of which expressions read slod's own series alone know them up to `at`.
  void report_own(Instant at, SloTable& slos);
  void hold_watermarks(SloTable& slos) const;

  /// The sources whose demand has what an SLO counts feed it from their next scrape on.
  void connect(SloHandle slo, const SloDefinition& definition);
  void disconnect(SloHandle slo);

  void take_into(Changes& changes, const SloTable& slos);

 private:
  std::map<std::string, Feed> feeds_;  ///< by source
  std::optional<Feed> own_;            ///< of Plan::own_only
  std::map<std::string, SourceChange> restored_;
  std::map<std::string, SourceChange> changed_;  ///< not taken yet
  std::vector<std::string> forgotten_;           ///< not taken yet
  StoredPieces<std::vector<OpenGap>> stored_gaps_;
  std::map<std::string, std::string> new_names_;  ///< of SLOs in stored_gaps_ as restored
};

}  // namespace slod
