#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/commands/check_sources.h"
#include "lib/engine/plan.h"
#include "lib/series/series_book.h"
#include "lib/series/shared_series.h"
#include "lib/slo/definition.h"
#include "lib/slo/slo_id.h"

namespace slod {

/// What the pages of the sources show of each SLO, against what it needs.
class PageEvidence {
 public:
  /// `url`: of a target; empty for a server. `result` with the comments of the page.
  void note(const SourcePlan& source, const std::string& url, const BatchResult& result,
            const SeriesBook& book);
  /// Adds what it shows. `all_read`: every page was seen, so that a selector that matches nothing
  /// is a finding.
  void compare(const config::Config& config, const Plan& plan, bool all_read,
               SourceFindings& findings) const;

 private:
  /// What counters stand for together, where they stand on a page.
  struct Standing {
    std::optional<double> total;
    std::optional<double> part;  ///< good or bad ones
  };
  /// What was seen of one SLO.
  struct Seen {
    std::set<Role> roles;
    std::set<std::string> selectors;            ///< that matched something, as text
    std::set<double> bounds;                    ///< of its histogram's buckets
    std::set<std::string> gauges;               ///< counted metrics, as their page calls them
    std::map<std::string, Delivery> delivered;  ///< counted series, by source
    std::map<std::string, Standing> standing;   ///< by source and process
  };

  void note_counted(const SourcePlan& source, const std::string& url, const BatchResult& result,
                    const SeriesBook& book);
  static void find_unmatched(const SloDefinition& slo, const Seen& seen, SourceFindings& findings);
  static void find_unread(const SloDefinition& slo, const std::vector<promql::Selector>& read,
                          const Seen& seen, SourceFindings& findings);
  static void find_parts(const SloDefinition& slo, const Seen& seen, SourceFindings& findings);
  static void find_gauges(const SloDefinition& slo, const Seen& seen, SourceFindings& findings);
  static void check_threshold(const SloDefinition& slo, const Seen& seen, SourceFindings& findings);
  void find_shared(const SloDefinition& slo, const Seen& seen, SourceFindings& findings) const;

  std::map<SloId, Seen> seen_;
  std::map<std::string, std::map<std::string, double, std::less<>>> starts_;  ///< by source
};

}  // namespace slod
