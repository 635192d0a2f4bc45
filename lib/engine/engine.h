#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/config/config.h"
#include "lib/engine/feed.h"
#include "lib/engine/history.h"
#include "lib/engine/plan.h"
#include "lib/engine/rule_groups.h"
#include "lib/engine/slo_state.h"
#include "lib/engine/snapshot.h"
#include "lib/engine/work.h"
#include "lib/series/recent_samples.h"
#include "lib/series/sample_intake.h"
#include "lib/series/sample_rounds.h"
#include "lib/series/series_book.h"
#include "lib/slo/timeline.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// The one writer: owns every SLO's state and decides. It does no input or output: samples come in
/// through `record_scrape` and `record_failure`, time through `step`, and what must be stored or
/// sent is taken out through `take_changes`. Not thread-safe.
class Engine {
 public:
  /// Starts from what was stored.
  Engine(config::Config config, Restored restored, Instant now);
  /// A sentence for each thing that went wrong since the last call: a piece of the stored state
  /// that could not be used, so that what it belonged to starts anew, or a rule that cannot be
  /// evaluated.
  std::vector<std::string> take_problems() { return std::exchange(problems_, {}); }

  const Plan& plan() const { return plan_; }
  const config::Config& config() const { return config_; }
  /// The stored counters of a source, for its book; null where there are none. Forgotten by
  /// forget_restored.
  const SourceChange* restored_source(const std::string& name) const;
  void forget_restored() { restored_sources_.clear(); }

  /// Says what a source's restored book knows, before its first batch.
  void restore(const std::string& source, const SeriesBook& book);
  /// A source was scraped, or could not be. A source that is no longer in the plan is ignored.
  void record_scrape(const std::string& source, const SeriesBook& book, const BatchResult& result,
                     const ScrapeAttempt& attempt, SourceChange change);
  void record_failure(const std::string& source, const std::string& why,
                      const ScrapeAttempt& attempt);

  /// Judges everything as of `now` and publishes a new snapshot. To be called about once a second.
  void step(Instant now);

  /// What became due since the last call and is to be done off the loop. At the end of slod it is
  /// asked to stop through stop_work(), since nobody waits for it for long.
  std::vector<Work> take_work(Instant now);
  void stop_work() { work_stop_.request_stop(); }
  /// What the time that rules take is measured with: seconds of a steady clock, from any thread.
  void set_stopwatch(std::function<double()> seconds) { stopwatch_ = std::move(seconds); }

  /// The samples of the last hours, for queries: what the demanded series of all sources had, and
  /// what was added.
  const RecentSamples& samples() const { return samples_; }
  RecentSamples& samples() { return samples_; }
  /// Adds slod's own series as of the last step, and those of its alerts. `at` is after that of
  /// the last call.
  void record_own(std::vector<LabelledSample> own, Instant at);
  /// Since when all of slod's own series are in samples(); what is older is in the history.
  Instant own_samples_since() const;
  /// What is to be stored of the history by `now`; Instant::max() stands for all that is new.
  std::vector<HistoryChange> take_history(Instant now) { return history_.take_due(now); }
  const RuleGroups::Figures& rule_figures() const { return rule_groups_.figures(); }
  /// How many samples of sources there was no room for.
  std::size_t samples_refused() const { return intake_.refused(); }

  /// As of the last step; never null.
  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_; }
  /// One SLO over another window than its own, the budget being that window's. nullopt where there
  /// is no such SLO; the error says which windows there are.
  struct WindowAnswer {
    Reading reading;
    Budget budget;
  };
  std::optional<std::expected<WindowAnswer, std::string>> over_window(std::string_view service,
                                                                      std::string_view slo,
                                                                      Duration window,
                                                                      Instant now) const;

  /// What an SLO counted, slice by slice over its window as of `now`, or over no more than `last`
  /// of its end; nullopt where there is no such SLO. slices_max > 0, last > 0.
  std::optional<std::vector<TimelineSlice>> timeline(std::string_view service, std::string_view slo,
                                                     std::size_t slices_max,
                                                     std::optional<Duration> last,
                                                     Instant now) const;

  /// What changed since the last call; it is one transaction.
  Changes take_changes();
  /// Whether there is something to take that somebody waits to be told.
  bool has_messages() const { return !changes_.outbox.empty(); }
  std::vector<alert::FiringNotice> firing(Instant now) const;

  /// How long what an SLO counted is kept once it is gone from the configuration, so that a bad
  /// edit can be undone; then it is forgotten.
  static constexpr Duration removed_kept = std::chrono::days(7);

  /// Takes up another configuration. SLOs whose definition counts the same events keep their
  /// ledgers, episodes and standing. An SLO that is gone keeps its ledger in memory and in the
  /// store for removed_kept, should it come back; its open episodes are resolved.
  void reconfigure(config::Config config, Instant now);

 private:
  void build(Instant now);
  void build_samples(Instant now);
  void add_work(Work work) { work_.push_back(std::move(work)); }
  void restore_slos(std::vector<SloChange> stored, Instant now);
  void restore_remembered(const Remembered& stored);
  void restore_episodes(const std::vector<EpisodeChange>& stored, Instant now);
  void build_rules(Instant now);
  void restore_alert(const std::string& key, const boost::json::value& episode, Instant now);
  void build_own_feed();
  void take_slice_work(Instant now);
  void apply_slices(const SloDefinition& definition,
                    const std::vector<std::pair<Interval, SliceValue>>& values);
  void take_rule_work(Instant now);
  void apply_rules(const std::shared_ptr<const rules::Group>& group, rules::Evaluation done,
                   Instant now);
  void note_alert(const rules::StoredAlert& stored, rules::AlertState from, Instant now);
  void resolve_abandoned(rules::StoredAlert stored, Instant now);
  void explain_rule(const rules::Group& group, std::size_t rule, const std::string& error);
  void explain_missing(const Feed& feed, const std::string& why);
  void note_episode(const SloState& slo, const EpisodeStep& step, Instant now);
  void resolve_abandoned(alert::Episode episode, const SloDefinition& definition, Instant now);
  void abandon_episodes(SloState& slo, Instant now);
  void send(const alert::Notice& notice, Instant now);
  alert::Notice notice_of(const SloDefinition& definition, const alert::Episode& episode,
                          Instant now) const;
  void move_levels(Instant now);
  void publish(Instant now);
  void forget_removed(Instant now);
  SloState* find(std::string_view id);
  std::optional<std::size_t> feed_of(const std::string& source) const;
  std::map<std::string, std::vector<OpenGap>> open_gaps() const;

  /// What is stored, by its key; nullopt: it could not be read.
  template <typename Value>
  using Stored = std::map<std::string, std::optional<Value>>;

  struct ServiceLevel {
    freeze::Level level = freeze::Level::open;
    Instant since;
    bool changed = true;
  };

  std::vector<std::string> problems_;
  config::Config config_;
  Plan plan_;
  std::vector<SloState> slos_;  ///< as in plan_
  std::map<std::string, std::size_t, std::less<>> slo_by_id_;
  std::vector<Feed> feeds_;  ///< as in plan_
  std::map<std::string, std::size_t> feed_by_name_;
  std::optional<Feed> own_feed_;      ///< of Plan::own_only
  std::set<std::string> slices_out_;  ///< SLOs of which slices are being evaluated, by id
  std::map<std::string, ServiceLevel> levels_;
  std::map<std::string, SloState> retired_;       ///< removed from the configuration, by id
  std::map<std::string, Instant> removed_since_;  ///< what is stored of SLOs that are gone, by id
  RecentSamples samples_{SampleLimits{}};
  SampleIntake intake_{samples_};
  SampleRounds own_samples_{samples_};
  Instant own_since_ = Instant::max();  ///< the first round of own_samples_
  std::optional<Instant> own_at_;       ///< the last round
  History history_;
  RuleGroups rule_groups_;
  std::set<std::string> failing_rules_;
  Stored<Instant> stored_marks_;  ///< what is stored of RuleGroups::marks()
  std::function<double()> stopwatch_ = [] { return 0.0; };
  std::vector<Work> work_;  ///< not taken yet
  std::stop_source work_stop_;
  std::map<std::string, SourceChange> restored_sources_;
  Stored<std::vector<OpenGap>> stored_gaps_;            ///< what is stored of open_gaps()
  Stored<Instant> stored_removals_;                     ///< what is stored of removed_since_
  std::map<std::string, SourceChange> source_changes_;  ///< not taken yet
  Changes changes_;                                     ///< not taken yet, besides rows
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace slod
