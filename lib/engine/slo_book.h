#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/alert/episode.h"
#include "lib/config/config.h"
#include "lib/engine/freeze_levels.h"
#include "lib/engine/notices.h"
#include "lib/engine/plan.h"
#include "lib/engine/slice_job.h"
#include "lib/engine/slo_state.h"
#include "lib/engine/slo_table.h"
#include "lib/engine/snapshot.h"
#include "lib/engine/source_feeds.h"
#include "lib/engine/stored_pieces.h"
#include "lib/slo/timeline.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// One SLO over another window than its own, the budget being that window's.
struct WindowAnswer {
  Reading reading;
  Budget budget;
};

/// The SLOs: what each of them counts and is judged by, which sources feed it, the freeze levels of
/// their services, and those that were removed and may come back. SLOs may come and go at any time;
/// whoever else must know one keeps its handle or its id. Not thread-safe.
class SloBook {
 public:
  /// How long what an SLO counted is kept once it is removed from the configuration, so that a bad
  /// edit can be undone; then it is forgotten.
  static constexpr Duration removed_kept = std::chrono::days(7);

  /// SLOs that count the same events as before, even before they were removed, or under another
  /// name, keep their ledgers, episodes and standings; the others begin to count. One that is no
  /// longer configured is kept as removed, and its open episodes are resolved.
  void reconfigure(const config::Config& config, const Plan& plan, Notices& notices, Instant now);
  /// After the first reconfigure(): what was stored. Its source counters are kept until
  /// feeds().forget_restored().
  void restore(std::vector<SloChange> slos, std::vector<SourceChange> sources,
               const Remembered& remembered, Instant now);
  /// An open episode from before a restart; it is resolved where no rule follows it any longer.
  void restore_episode(alert::Episode episode, Notices& notices, Instant now);
  void restore_book(const std::string& source, const SeriesBook& book) {
    feeds_.restore_book(source, book, slos_);
  }

  /// Adds an SLO between two configurations; there must be none of its id. It is fed by each source
  /// whose demand already has the series that it counts; what expressions read does not feed it.
  /// One that was removed goes on with what it counted. The next reconfigure() removes it unless it
  /// is in its plan. `resolution`: of its ledger.
  SloHandle add(SloDefinition definition, Duration resolution, Instant now);
  /// Removes an SLO between two configurations, as reconfigure() does.
  void remove(SloHandle slo, Notices& notices, Instant now);

  /// A source of the plan was scraped, or could not be.
  void record_scrape(const std::string& source, const SeriesBook& book, const BatchResult& result,
                     SourceChange change) {
    feeds_.record_scrape(source, book, result, std::move(change), slos_);
  }
  void record_failure(const std::string& source, const std::string& why, Instant at) {
    feeds_.record_failure(source, why, at, slos_);
  }
  /// slod's own series are known up to `at`.
  void record_own(Instant at) { feeds_.report_own(at, slos_); }

  /// Moves episodes and standings on, and forgets what was removed long ago.
  void step(Notices& notices, Instant now);
  /// Puts the SLOs and the services of the configuration into `snapshot`, as of its time.
  void publish(const config::Config& config, Snapshot& snapshot) const;
  /// Moves the freeze levels to what `snapshot` says, and those in it.
  void move_levels(Snapshot& snapshot) { levels_.move(snapshot); }

  /// Slices that are to be evaluated, of each SLO at most one lot at a time: the next comes after
  /// judge(). Slices that are too late are missing.
  std::vector<DueSlices> take_due_slices(Instant now);
  /// Does nothing for an SLO that is gone, or counts something else since.
  void judge(const JudgedSlices& judged);

  void add_active(const Notices& notices, Instant now,
                  std::vector<alert::ActiveNotice>& active) const;
  void take_into(Changes& changes);
  /// A sentence for each piece of the stored state that could not be used, for each evaluation of
  /// slices that failed, and for each SLO of which the counts do not belong together.
  std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }
  /// A sentence for each thing that is worth knowing and not wrong.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  const SloTable& slos() const { return slos_; }
  SourceFeeds& feeds() { return feeds_; }
  const SourceFeeds& feeds() const { return feeds_; }

  /// nullopt where there is no such SLO; the error says which windows there are.
  std::optional<std::expected<WindowAnswer, std::string>> over_window(const SloId& slo,
                                                                      Duration window,
                                                                      Instant now) const;
  /// What an SLO counted, slice by slice over its window as of `now`, or over no more than `last`
  /// of its end; nullopt where there is no such SLO. slices_max > 0, last > 0.
  std::optional<std::vector<TimelineSlice>> timeline(const SloId& slo, std::size_t slices_max,
                                                     std::optional<Duration> last,
                                                     Instant now) const;

 private:
  SloHandle configure(const SloDefinition& definition, Duration resolution, Notices& notices,
                      Instant now);
  std::map<SloId, SloId> renamed_in(const Plan& plan);
  std::map<SloId, SloId> renamed_since(std::span<const SloChange> stored,
                                       const std::vector<Keyed<Instant>>& removals);
  SloHandle rename(const SloId& old, const SloDefinition& definition, Duration resolution,
                   Notices& notices, Instant now);
  void note_renamed(const SloId& old, const SloId& id);
  SloHandle begin(SloState slo);
  void retire(SloHandle slo, Notices& notices, Instant now);
  void note_finding(SloState& slo);
  void abandon_episodes(SloState& slo, Notices& notices, Instant now);
  void restore_counts(std::vector<SloChange> stored, Instant now);
  SloState* find_restored(const SloId& id);
  void restore_removals(const std::vector<Keyed<Instant>>& removals);
  SloState* find(const SloId& id);
  const SloState* find(const SloId& id) const;

  Judgement judgement_;
  SloTable slos_;
  SourceFeeds feeds_;
  FreezeLevels levels_;
  std::set<SloHandle> being_evaluated_;  ///< SLOs of which slices are out
  StoredPieces<Instant> stored_removals_;
  std::map<SloId, SloId> restored_as_;  ///< new ids of SLOs whose stored ones are old
  std::vector<SloChange> last_rows_;    ///< of removed SLOs, not taken yet
  std::vector<std::string> forgotten_;  ///< ids of removed SLOs, not taken yet
  std::vector<std::string> warnings_;
  std::vector<std::string> notes_;
};

}  // namespace slod
