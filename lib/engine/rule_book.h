#pragma once

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lib/config/config.h"
#include "lib/engine/notices.h"
#include "lib/engine/plan.h"
#include "lib/engine/rule_groups.h"
#include "lib/engine/rule_job.h"
#include "lib/engine/snapshot.h"
#include "lib/engine/stored_pieces.h"
#include "lib/series/recent_samples.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// The rules of the configuration: their groups, the alerts and the series that they make, and
/// which of them fail. Not thread-safe.
class RuleBook {
 public:
  /// Rules that stay go on with their alerts. The alerts of the others are resolved, and what the
  /// others recorded ends in `samples`.
  void reconfigure(const config::Config& config, const Plan& plan, RecentSamples& samples,
                   Notices& notices, Instant now);

  /// When the groups were evaluated last; to be called before restore_alert().
  void restore(const std::vector<Keyed<Instant>>& marks);
  /// An alert from before a restart; without a rule it is resolved. Shown after finish_restore().
  void restore_alert(const rules::StoredAlert& stored, Notices& notices, Instant now);
  void finish_restore() { groups_.finish_restore(); }

  /// A source was scraped, or could not be.
  void source_tried(const std::string& source) { groups_.tried(source); }

  /// The evaluations that became due.
  std::vector<RuleJob> take_jobs(const RecentSamples& samples, const std::stop_token& stop,
                                 const std::function<std::size_t()>& memory_left, Instant now);
  /// What rules recorded goes into `samples`. Does nothing if the group is no longer configured.
  void apply(EvaluatedGroup done, RecentSamples& samples, Notices& notices, Instant now);
  /// What the time that rules take is measured with: seconds of a steady clock, from any thread.
  void set_stopwatch(std::function<double()> seconds) { stopwatch_ = std::move(seconds); }

  void publish(Snapshot& snapshot) const { snapshot.rule_groups = groups_.statuses(); }
  void add_active(const Notices& notices, Instant now,
                  std::vector<alert::ActiveNotice>& active) const;
  const RuleGroups::Figures& figures() const { return groups_.figures(); }
  void take_into(Changes& changes);
  /// A sentence for each rule that began to fail since the last call, and for each evaluation of a
  /// group that came to nothing.
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

 private:
  void record(const std::vector<rules::RuleSample>& recorded, RecentSamples& samples);
  void note_health(const rules::Group& group, std::size_t rule, const std::string& error);

  RuleGroups groups_;
  std::string external_url_;
  std::function<double()> stopwatch_ = [] { return 0.0; };
  std::set<std::string> failing_;  ///< "group/index of the rule"
  StoredPieces<Instant> stored_marks_;
  std::vector<std::string> warnings_;
};

}  // namespace slod
