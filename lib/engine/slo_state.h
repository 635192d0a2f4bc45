#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/alert/burn_rate_rule.h"
#include "lib/alert/episode.h"
#include "lib/config/config.h"
#include "lib/engine/snapshot.h"
#include "lib/freeze/standing.h"
#include "lib/slo/part_watch.h"
#include "lib/slo/tracker.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// What one SLO is judged by: the parts of the configuration that all SLOs share.
struct Judgement {
  freeze::Policy policy;
  std::vector<alert::BurnRateRule> burn_rates;
  bool burn_rates_are_default = true;
  std::uint64_t min_events = 10;
};

Judgement judgement_of(const config::Config& config);

/// An episode that changed its state.
struct EpisodeStep {
  alert::Episode episode;
  alert::Transition transition;
};

/// One SLO: its counts, and all that is decided from them. Not thread-safe.
class SloState {
 public:
  /// `resolution`: the shortest interval of its sources.
  SloState(SloDefinition definition, Duration resolution, const Judgement& judgement, Instant now);

  /// Goes on with the counts of `earlier`, whose definition has the same fingerprint.
  std::expected<void, std::string> restore_counts(const SloChange& earlier);
  /// False: no rule has its severity, so nothing follows it.
  bool restore_episode(const alert::Episode& episode);
  /// What take_standing() gave before a restart.
  void restore_standing(const SloStanding& earlier);
  /// Goes on where `before` stood, after a reload that left what it counts unchanged. Leaves to
  /// `before` the episodes whose severity no rule has now.
  void continue_from(SloState& before);

  /// Nothing is stored under its name, which is new: all of it will be.
  void store_all();
  /// Its SLO is no longer configured: nothing follows its episodes.
  void forget_episodes() { episodes_.clear(); }

  // Called by the feeds of its sources.
  Tracker& tracker() { return tracker_; }
  void fed_by_one_more() { ++sources_; }
  double share_of_one_source() const { return 1.0 / static_cast<double>(sources_); }
  /// The first series of a source: the ledger begins or, where no source fed it, the time since it
  /// was fed last is lost.
  void begin(Instant from);
  void record();
  /// Of an SLO that is evaluated, evidence is what judge() says.
  void evidence_until(Instant at);
  /// A source that could feed it was read, and had none of its series.
  void read_without_series(Instant at) { read_at_ = at; }
  void touch() { touched_ = true; }
  /// Judges a slice that was evaluated; see Tracker::judge.
  void judge(Interval slice, const SliceValue& value);
  void hold_watermark(Instant at);

  /// Judges slices that are complete, and moves the episodes and, on fresh evidence, the standing.
  /// Returns the episodes that changed.
  std::vector<EpisodeStep> step(Instant now);

  SloSnapshot snapshot(Instant now) const;
  /// Why nothing is known, for people; empty where that is not so.
  void explain_missing(std::string why) { why_missing_ = std::move(why); }

  const SloDefinition& definition() const { return *definition_; }
  std::shared_ptr<const SloDefinition> shared_definition() const { return definition_; }
  const std::vector<alert::Episode>& episodes() const { return episodes_; }
  const Tracker& tracker() const { return tracker_; }
  const freeze::Standing& standing() const { return standing_; }
  /// Whether what it counts belongs together.
  PartWatch& part_watch() { return part_watch_; }

  /// The rows that changed since the last call; nullopt: none did.
  std::optional<SloChange> take_change();
  /// What to remember of the standing; nullopt where it has not changed since the last call.
  std::optional<SloStanding> take_standing();

 private:
  void move_standing(Instant now);
  std::vector<std::optional<double>> spent_per_step(Instant now) const;
  alert::Condition condition(const std::string& severity, Instant now) const;
  alert::Facts facts(const alert::BurnRateRule& rule, Instant now) const;
  bool is_fresh(Instant now, const alert::BurnRateRule& rule) const;
  freeze::SloEvidence evidence(Instant now, const Budget& budget) const;
  freeze::StepEvidence step_evidence(const freeze::Step& step, Instant now,
                                     const Budget& whole) const;

  std::shared_ptr<const SloDefinition> definition_;
  Duration resolution_;
  freeze::Policy policy_;
  std::uint64_t min_events_;
  std::vector<alert::BurnRateRule> rules_;  ///< scaled to the SLO's window
  Tracker tracker_;
  PartWatch part_watch_;
  std::size_t sources_ = 0;  ///< that feed it
  std::optional<Instant> evidence_;
  std::optional<Instant> read_at_;  ///< the last page without a series of it
  std::optional<Instant> watermark_;
  std::string why_missing_;
  freeze::Standing standing_;
  std::optional<Instant> exhausted_at_;
  std::vector<alert::Episode> episodes_;  ///< one for each severity of the rules
  Instant created_at_;                    ///< samples from before cannot be read by expressions
  bool touched_ = false;
  bool replaces_ = true;  ///< the stored rows, if any, are of something else
  std::optional<SloStanding> taken_standing_;
};

}  // namespace slod
