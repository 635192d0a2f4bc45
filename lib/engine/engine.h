#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/engine/job.h"
#include "lib/engine/notices.h"
#include "lib/engine/plan.h"
#include "lib/engine/rule_book.h"
#include "lib/engine/sample_book.h"
#include "lib/engine/slo_book.h"
#include "lib/engine/snapshot.h"
#include "lib/series/series_book.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// The one writer: owns all state that changes. It does no input or output: what sources said comes
/// in through `record_scrape` and `record_failure`, time through `step`, and what must be stored or
/// sent is taken out through `take_changes`. Not thread-safe.
///
/// It decides nothing itself but calls its parts, in this order:
///
///   1. the plan: what is read for which SLO. It follows from the configuration alone.
///   2. notices: what becomes of episodes is said by the routes and links that count from now on.
///   3. samples: they come before rules, since what a rule recorded that is gone ends in them.
///   4. rules, whose state is their own.
///   5. SLOs, whose state is their own.
///   6. the snapshot, which shows what the others came to.
class Engine {
 public:
  /// Starts from what was stored.
  Engine(config::Config config, Restored restored, Instant now);
  /// A sentence for each thing that went wrong since the last call: a piece of the stored state
  /// that could not be used, so that what it belonged to starts over, a rule or an SLO that cannot
  /// be evaluated, or an SLO of which the counts do not belong together.
  std::vector<std::string> take_warnings();
  /// A sentence for each thing that happened since the last call and is worth knowing.
  std::vector<std::string> take_notes() { return slos_.take_notes(); }

  const Plan& plan() const { return plan_; }
  const config::Config& config() const { return config_; }
  /// The stored counters of a source, for its book; null where there are none. Forgotten by
  /// forget_restored.
  const SourceChange* restored_source(const std::string& name) const;
  void forget_restored() { slos_.feeds().forget_restored(); }

  /// Says what a source's restored book knows, before its first scrape.
  void restore(const std::string& source, const SeriesBook& book);
  /// A source was scraped, or could not be. A source that is not in the plan is ignored.
  void record_scrape(const std::string& source, const SeriesBook& book, const BatchResult& result,
                     const ScrapeAttempt& attempt, SourceChange change);
  void record_failure(const std::string& source, const std::string& why,
                      const ScrapeAttempt& attempt);

  /// Judges everything as of `now` and publishes a new snapshot. To be called about once a second.
  void step(Instant now);

  /// What became due since the last call and is to be done off the loop. At the end of slod it is
  /// asked to stop through stop_jobs(), since nothing waits for it for long.
  std::vector<Job> take_jobs(Instant now);
  void stop_jobs() { stop_.request_stop(); }
  /// How many bytes the job may still allocate that asks, on its thread (query::Options).
  void set_memory_left(std::function<std::size_t()> bytes) { memory_left_ = std::move(bytes); }
  /// What the time that rules take is measured with: seconds of a steady clock, from any thread.
  void set_stopwatch(std::function<double()> seconds) { rules_.set_stopwatch(std::move(seconds)); }

  /// The samples of the last hours, for queries: what the demanded series of all sources had, and
  /// what was added.
  const RecentSamples& samples() const { return samples_.recent(); }
  RecentSamples& samples() { return samples_.recent(); }
  /// Adds slod's own series as of the last step, and those of its alerts. `at` is after that of
  /// the last call.
  void record_own(std::vector<LabelledSample> own, Instant at);
  /// Since when all of slod's own series are in samples(); what is older is in the history.
  Instant own_samples_since() const { return samples_.own_since(snapshot_->at); }
  /// What is to be stored of the history by `now`; Instant::max() stands for all that is new.
  std::vector<HistoryChange> take_history(Instant now) { return samples_.take_history(now); }
  const RuleGroups::Figures& rule_figures() const { return rules_.figures(); }
  /// How many samples of sources there was no room for.
  std::size_t samples_refused() const { return samples_.refused(); }

  /// As of the last step; never null.
  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_; }
  /// What the SLOs counted over other windows: see SloBook::over_window and timeline.
  const SloBook& slos() const { return slos_; }

  /// What changed since the last call; it is one transaction.
  Changes take_changes();
  /// Whether there is something to take that somebody must be notified of.
  bool has_messages() const { return notices_.has_messages(); }
  /// What is pending or firing, for each receiver that is sent again what is firing.
  std::vector<alert::ActiveNotice> active(Instant now) const;
  /// A message was not taken by its receiver for as long as that allows: its fallback is notified
  /// as well, unless it was.
  void forward(const OutboxMessage& message, Instant now) { notices_.forward(message, now); }

  /// Goes on with another configuration; see the reconfigure() of each part.
  void reconfigure(config::Config config, Instant now);

 private:
  void configure(config::Config config, Instant now);
  void restore_episodes(const std::vector<EpisodeChange>& stored, Instant now);
  template <typename Work>
  static Job job_of(Work work);
  void apply(EvaluatedGroup done, Instant now);
  void apply(const JudgedSlices& judged, Instant now);
  std::shared_ptr<Snapshot> make_snapshot(Instant now) const;

  config::Config config_;
  Plan plan_;
  Notices notices_;
  SampleBook samples_;
  RuleBook rules_;
  SloBook slos_;
  std::stop_source stop_;  ///< of all jobs
  std::function<std::size_t()> memory_left_;
  std::vector<std::string> warnings_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace slod
