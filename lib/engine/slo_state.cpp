#include "lib/engine/slo_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "lib/state/changes.h"

namespace slod {
namespace {

/// The share of a short window that must have been measured for a recovery to count as seen.
constexpr double measured_share_least = 0.5;

std::vector<alert::BurnRateRule> rules_for(const SloDefinition& definition, Duration resolution,
                                           const Judgement& judgement) {
  if (!judgement.burn_rates_are_default) return judgement.burn_rates;
  const Duration sampling = std::max(resolution, definition.slice().value_or(Duration(0)));
  return alert::scaled(judgement.burn_rates, nominal_length(definition.window), sampling);
}

Duration longest_window(const std::vector<alert::BurnRateRule>& rules,
                        const freeze::Policy& policy) {
  Duration longest{0};
  for (const alert::BurnRateRule& rule : rules) longest = std::max(longest, rule.long_window);
  for (const freeze::Step& step : policy.ladder) {
    longest = std::max(longest, step.over.value_or(Duration(0)));
  }
  return longest;
}

std::vector<alert::Episode> episodes_for(const SloDefinition& definition,
                                         const std::vector<alert::BurnRateRule>& rules) {
  std::vector<alert::Episode> episodes;
  for (const alert::BurnRateRule& rule : rules) {
    const auto known = std::ranges::find(episodes, rule.severity, &alert::Episode::severity);
    if (known != episodes.end()) continue;
    alert::Episode& added = episodes.emplace_back();
    added.slo = to_text(definition.id());
    added.severity = rule.severity;
  }
  return episodes;
}

/// When time was measured last, right to the resolution of the rows; nullopt without rows.
std::optional<Instant> last_measured(std::span<const LedgerRow> rows) {
  std::optional<Instant> at;
  for (const LedgerRow& row : rows | std::views::reverse) {
    if (row.measured_cs != rows.back().measured_cs) break;
    at = row.at;
  }
  return at;
}

/// Evidence from the future, which a clock that was set back leaves behind, is none.
std::optional<Instant> not_after(std::optional<Instant> evidence, Instant now) {
  return evidence && *evidence <= now ? evidence : std::nullopt;
}

bool is_open(const alert::Episode& episode) {
  return episode.state == alert::State::pending || episode.state == alert::State::firing;
}

}  // namespace

Judgement judgement_of(const config::Config& config) {
  return {.policy = config.freeze,
          .burn_rates = config.alerting.burn_rates,
          .burn_rates_are_default = config.alerting.burn_rates_are_default,
          .min_events = config.alerting.min_events};
}

SloState::SloState(SloDefinition definition, Duration resolution, const Judgement& judgement,
                   Instant now)
    : definition_(std::make_shared<const SloDefinition>(std::move(definition))),
      resolution_(resolution),
      policy_(judgement.policy),
      min_events_(judgement.min_events),
      rules_(rules_for(*definition_, resolution, judgement)),
      tracker_(*definition_, resolution, longest_window(rules_, policy_)),
      part_watch_(part_of(definition_->sli)),
      standing_{freeze::Level::open, now},
      episodes_(episodes_for(*definition_, rules_)),
      created_at_(now) {
  tracker_.readable_since(created_at_);
}

std::expected<void, std::string> SloState::restore_counts(const SloChange& earlier) {
  auto restored = Tracker::restore(*definition_, resolution_, longest_window(rules_, policy_),
                                   earlier.state, earlier.ledger, earlier.buckets);
  if (!restored) return std::unexpected(restored.error());
  tracker_ = std::move(*restored);
  tracker_.readable_since(created_at_);
  evidence_ = last_measured(earlier.ledger);
  replaces_ = false;
  return {};
}

bool SloState::restore_episode(const alert::Episode& episode) {
  const auto own = std::ranges::find(episodes_, episode.severity, &alert::Episode::severity);
  if (own == episodes_.end()) return false;
  *own = episode;
  own->slo = to_text(definition_->id());
  return true;
}

void SloState::restore_standing(const SloStanding& earlier) {
  standing_ = earlier.standing;
  exhausted_at_ = earlier.exhausted_at;
  taken_standing_ = earlier;
}

void SloState::continue_from(SloState& before) {
  tracker_ = std::move(before.tracker_);
  tracker_.redefine(*definition_, resolution_, longest_window(rules_, policy_));
  part_watch_ = before.part_watch_;
  evidence_ = before.evidence_;
  read_at_ = before.read_at_;
  why_missing_ = std::move(before.why_missing_);
  standing_ = before.standing_;
  exhausted_at_ = before.exhausted_at_;
  taken_standing_ = before.taken_standing_;
  std::erase_if(before.episodes_,
                [this](const alert::Episode& episode) { return restore_episode(episode); });
  replaces_ = before.replaces_;
  touched_ = true;
}

void SloState::store_all() {
  tracker_.forget_taken();
  taken_standing_.reset();
  replaces_ = true;
  touched_ = true;
}

void SloState::begin(Instant from) {
  const auto until = tracker_.ledger().observed_until();
  tracker_.begin(from);
  if (sources_ == 0 && until && *until < from) tracker_.account({*until, from}, 0, 1);
}

void SloState::record() {
  tracker_.record();
  touched_ = true;
}

void SloState::judge(Interval slice, const SliceValue& value) {
  if (!tracker_.judge(slice, value)) return;
  why_missing_ = value.why;
  part_watch_.observe(slice, value);
  touched_ = true;
  if (value.kind == SliceValue::Kind::missing) return;
  evidence_ = std::max(evidence_.value_or(slice.end), slice.end);
}

void SloState::evidence_until(Instant at) {
  if (definition_->is_evaluated()) return;
  evidence_ = std::max(evidence_.value_or(at), at);
  touched_ = true;
}

void SloState::hold_watermark(Instant at) {
  watermark_ = std::min(watermark_.value_or(at), at);
}

std::vector<EpisodeStep> SloState::step(Instant now) {
  if (const auto watermark = std::exchange(watermark_, std::nullopt)) {
    tracker_.close(*watermark);
    if (!definition_->is_evaluated()) part_watch_.observe(tracker_.ledger(), *watermark);
  }
  // Without evidence the last known standing stays: what rolls out of the window unseen by anyone
  // proves no recovery.
  const auto evidence = not_after(evidence_, now);
  if (evidence && now - *evidence <= definition_->stale_after) move_standing(now);
  std::vector<EpisodeStep> steps;
  for (alert::Episode& episode : episodes_) {
    auto [next, transition] = alert::step(episode, condition(episode.severity, now), now);
    episode = std::move(next);
    if (transition) steps.push_back({episode, *transition});
  }
  return steps;
}

void SloState::move_standing(Instant now) {
  standing_ = freeze::next(standing_, policy_, spent_per_step(now), now);
  const std::optional<double> spent = budget(tracker_.ledger(), *definition_, now).spent_ratio;
  if (!spent || *spent < 1 - 1e-9) {
    exhausted_at_.reset();
  } else if (!exhausted_at_) {
    exhausted_at_ = now;
  }
}

std::vector<std::optional<double>> SloState::spent_per_step(Instant now) const {
  std::vector<std::optional<double>> spent;
  spent.reserve(policy_.ladder.size());
  const Budget whole = budget(tracker_.ledger(), *definition_, now);
  for (const freeze::Step& step : policy_.ladder) {
    spent.push_back(step.over ? spent_in(tracker_.ledger(), *definition_, *step.over, now)
                              : whole.spent_ratio);
  }
  return spent;
}

bool SloState::is_fresh(Instant now, const alert::BurnRateRule& rule) const {
  // A federated sample is as old as the server's own interval, which slod does not know.
  const Duration fresh = std::max<Duration>(resolution_ * 5 / 2, std::chrono::minutes(2));
  const auto evidence = not_after(evidence_, now);
  if (!evidence || now - *evidence > std::min(fresh, definition_->stale_after)) return false;
  const Tally tally = tracker_.ledger().over({now - rule.short_window, now});
  const double elapsed = tally.measured_seconds + tally.missing_seconds;
  return tally.measured_seconds >= measured_share_least * elapsed;
}

alert::Facts SloState::facts(const alert::BurnRateRule& rule, Instant now) const {
  const Ledger& ledger = tracker_.ledger();
  const Tally tally = ledger.over({now - rule.long_window, now});
  const Budget whole = budget(ledger, *definition_, now);
  return {.long_window = rule.long_window,
          .short_window = rule.short_window,
          .factor = rule.factor,
          .long_burn = burn_rate(ledger, *definition_, rule.long_window, now),
          .short_burn = burn_rate(ledger, *definition_, rule.short_window, now),
          .long_bad = tally.bad_within_total(),
          .long_total = tally.total,
          .long_spent = spent_in(ledger, *definition_, rule.long_window, now),
          .spent = whole.spent_ratio,
          .remaining = whole.remaining_ratio,
          .sli = {}};
}

alert::Condition SloState::condition(const std::string& severity, Instant now) const {
  alert::Condition condition;
  condition.observed = true;
  // The rule that explains most: one that fires, or else the one that is nearest to it.
  std::pair<bool, double> most{false, -1};
  const Ledger& ledger = tracker_.ledger();
  for (const alert::BurnRateRule& rule : rules_) {
    if (rule.severity != severity) continue;
    const auto long_burn = burn_rate(ledger, *definition_, rule.long_window, now);
    const auto short_burn = burn_rate(ledger, *definition_, rule.short_window, now);
    const double excess = std::min(long_burn.value_or(0), short_burn.value_or(0)) / rule.factor;
    const double bad = ledger.over({now - rule.long_window, now}).bad_within_total();
    const bool enough =
        definition_->slice().has_value() || bad >= static_cast<double>(min_events_) - 1e-6;
    condition.observed = condition.observed && is_fresh(now, rule);
    const std::pair rank{excess > 1 && enough, excess};
    if (rank <= most) continue;
    most = rank;
    condition.holds = excess > 1;
    condition.enough_events = enough;
    condition.facts = facts(rule, now);
  }
  condition.facts.sli = tracker_.reading(now).sli_ratio;
  return condition;
}

SloSnapshot SloState::snapshot(Instant now) const {
  SloSnapshot snapshot{.definition = definition_,
                       .reading = tracker_.reading(now),
                       .budget = tracker_.budget(now),
                       .burn_rates = {},
                       .rules = rules_,
                       .episodes = {},
                       .observed_since = tracker_.ledger().observed_since(),
                       .exhausted_at = exhausted_at_,
                       .lifetime = tracker_.ledger().lifetime(),
                       .finding = part_watch_.finding() ? to_text(*part_watch_.finding()) : "",
                       .evidence = {}};
  std::set<Duration> windows;
  for (const alert::BurnRateRule& rule : rules_) {
    windows.insert({rule.long_window, rule.short_window});
  }
  for (const Duration window : windows) {
    snapshot.burn_rates.push_back(
        {window, burn_rate(tracker_.ledger(), *definition_, window, now)});
  }
  std::ranges::copy_if(episodes_, std::back_inserter(snapshot.episodes), is_open);
  snapshot.evidence = evidence(now, snapshot.budget);
  return snapshot;
}

freeze::StepEvidence SloState::step_evidence(const freeze::Step& step, Instant now,
                                             const Budget& whole) const {
  const Ledger& ledger = tracker_.ledger();
  const Reading reading = tracker_.reading(now, step.over);
  freeze::StepEvidence evidence{.spent = whole.spent_ratio,
                                .spent_worst = whole.spent_worst_ratio,
                                .good = reading.good,
                                .total = reading.total,
                                .bad = reading.bad,
                                .earliest_thaw = {}};
  if (step.over) {
    evidence.spent = spent_in(ledger, *definition_, *step.over, now);
    evidence.spent_worst.reset();
  }
  if (standing_.level >= step.level) {
    evidence.earliest_thaw =
        earliest_below(ledger, *definition_, step.spent - policy_.thaw_margin, step.over, now);
  }
  return evidence;
}

freeze::SloEvidence SloState::evidence(Instant now, const Budget& whole) const {
  freeze::SloEvidence evidence{.name = definition_->name,
                               .standing = standing_,
                               .steps = {},
                               .window = nominal_length(definition_->window),
                               .window_text = to_text(definition_->window),
                               .allowed_bad = {},
                               .coverage = whole.coverage_ratio,
                               .evidence_at = not_after(evidence_ ? evidence_ : read_at_, now),
                               .observed_since = tracker_.ledger().observed_since(),
                               .series_seen = tracker_.ledger().observed_since().has_value(),
                               .on_missing = definition_->on_missing,
                               .stale_after = definition_->stale_after,
                               .why_missing = why_missing_};
  if (whole.spent_ratio) evidence.allowed_bad = whole.allowed_bad;
  for (const freeze::Step& step : policy_.ladder) {
    evidence.steps.push_back(step_evidence(step, now, whole));
  }
  return evidence;
}

std::optional<SloChange> SloState::take_change() {
  if (!touched_) return std::nullopt;
  touched_ = false;
  TrackerChanges rows = tracker_.take_changes();
  return SloChange{.slo = to_text(definition_->id()),
                   .fingerprint = definition_->fingerprint(),
                   .replaced = std::exchange(replaces_, false),
                   .resolution = resolution_,
                   .state = tracker_.state(),
                   .ledger = std::move(rows.ledger),
                   .ledger_removed = std::move(rows.ledger_removed),
                   .buckets = std::move(rows.buckets),
                   .buckets_removed = std::move(rows.buckets_removed)};
}

std::optional<SloStanding> SloState::take_standing() {
  const SloStanding now{.standing = standing_, .exhausted_at = exhausted_at_};
  if (taken_standing_ == now) return std::nullopt;
  taken_standing_ = now;
  return now;
}

}  // namespace slod
