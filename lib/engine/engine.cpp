#include "lib/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

#include "lib/engine/alert_notice.h"
#include "lib/engine/slo_notice.h"
#include "lib/json/text.h"

namespace slod {
namespace {

std::string level_reason(const freeze::Verdict& verdict) {
  if (!verdict.reasons.empty()) return verdict.reasons.front().message;
  return fmt::format("the error budgets of {} have recovered", verdict.service);
}

/// What is stored, by its key.
template <typename Value>
std::map<std::string, std::optional<Value>> by_key(const std::vector<Keyed<Value>>& pieces) {
  std::map<std::string, std::optional<Value>> stored;
  for (const Keyed<Value>& piece : pieces) stored.emplace(piece.key, piece.value);
  return stored;
}

/// Adds to `changes` what differs between `current` and `stored`, which is then the same.
template <typename Value>
void take_difference(const std::map<std::string, Value>& current,
                     std::map<std::string, std::optional<Value>>& stored,
                     std::vector<Keyed<Value>>& changes) {
  for (const auto& [key, value] : stored) {
    if (!current.contains(key)) changes.push_back({key, std::nullopt});
  }
  for (const auto& [key, value] : current) {
    const auto known = stored.find(key);
    if (known == stored.end() || known->second != value) changes.push_back({key, value});
  }
  stored = {current.begin(), current.end()};
}

}  // namespace

Engine::Engine(config::Config config, Restored restored, Instant now)
    : problems_(std::move(restored.problems)), config_(std::move(config)) {
  build(now);
  restore_slos(std::move(restored.slos), now);
  restore_remembered(restored.remembered);
  restore_episodes(restored.episodes, now);
  for (SourceChange& source : restored.sources) {
    if (feed_by_name_.contains(source.source)) {
      restored_sources_.emplace(source.source, std::move(source));
    } else {
      changes_.sources_forgotten.push_back(source.source);
    }
  }
  publish(now);
}

void Engine::build(Instant now) {
  plan_ = make_plan(config_);
  const Judgement judgement = judgement_of(config_);
  slos_.clear();
  slo_by_id_.clear();
  slos_.reserve(plan_.slos.size());
  for (std::size_t i = 0; i < plan_.slos.size(); ++i) {
    slos_.emplace_back(plan_.slos[i], plan_.resolutions[i], judgement, now);
    slo_by_id_.emplace(to_text(plan_.slos[i].id()), i);
  }
  feeds_.clear();
  feed_by_name_.clear();
  for (const SourcePlan& source : plan_.sources) {
    feed_by_name_.emplace(source.name, feeds_.size());
    feeds_.emplace_back(source);
  }
  build_own_feed();
  for (const config::Service& service : config_.services) {
    levels_.try_emplace(service.name, ServiceLevel{.since = now});
  }
  build_samples(now);
  build_rules(now);
}

SloState* Engine::find(std::string_view id) {
  const auto found = slo_by_id_.find(id);
  return found == slo_by_id_.end() ? nullptr : &slos_[found->second];
}

void Engine::restore_slos(std::vector<SloChange> stored, Instant now) {
  for (SloChange& each : stored) {
    const SloChange change = std::move(each);  // its rows make room for the ledger of the next
    SloState* found = find(change.slo);
    if (!found) {
      removed_since_.emplace(change.slo, now);  // unless restore_remembered knows better
      continue;
    }
    SloState& slo = *found;
    if (slo.definition().fingerprint() != change.fingerprint) {
      problems_.push_back(fmt::format(
          "{} counts other events than before the restart; its ledger starts anew", change.slo));
      continue;
    }
    if (const auto done = slo.restore_counts(change); !done) {
      problems_.push_back(fmt::format("the stored ledger of {} cannot be used and starts anew: {}",
                                      change.slo, done.error()));
    }
  }
}

void Engine::restore_remembered(const Remembered& stored) {
  stored_gaps_ = by_key(stored.open_gaps);
  stored_marks_ = by_key(stored.rule_marks);
  stored_removals_ = by_key(stored.removals);
  for (const auto& [id, since] : stored_removals_) {
    const auto removed = removed_since_.find(id);
    if (removed != removed_since_.end() && since) removed->second = *since;
  }
  for (const Keyed<freeze::Standing>& level : stored.levels) {
    const auto known = levels_.find(level.key);
    if (known == levels_.end() || !level.value) continue;
    known->second = {level.value->level, level.value->since, false};
  }
  for (const Keyed<SloStanding>& standing : stored.standings) {
    SloState* slo = find(standing.key);
    if (slo && standing.value) slo->restore_standing(*standing.value);
  }
}

void Engine::restore_episodes(const std::vector<EpisodeChange>& stored, Instant now) {
  for (const EpisodeChange& change : stored) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(change.episode, error);
    if (!error && rules::is_stored_alert(value)) {
      restore_alert(change.key, value, now);
      continue;
    }
    auto episode = alert::episode_from_json(value);
    if (error || !episode) {
      problems_.push_back(fmt::format("the stored episode {} cannot be read: {}", change.key,
                                      error ? error.message() : episode.error()));
      continue;
    }
    SloState* slo = find(episode->slo);
    if (slo && slo->restore_episode(*episode)) continue;
    SloDefinition owner;
    const std::size_t slash = episode->slo.find('/');
    owner.service = episode->slo.substr(0, slash);
    owner.name = slash == std::string::npos ? "" : episode->slo.substr(slash + 1);
    resolve_abandoned(std::move(*episode), slo ? slo->definition() : owner, now);
  }
  rule_groups_.finish_restore();
}

const SourceChange* Engine::restored_source(const std::string& name) const {
  const auto found = restored_sources_.find(name);
  return found == restored_sources_.end() ? nullptr : &found->second;
}

std::optional<std::size_t> Engine::feed_of(const std::string& source) const {
  const auto found = feed_by_name_.find(source);
  if (found == feed_by_name_.end()) return std::nullopt;
  return found->second;
}

void Engine::restore(const std::string& source, const SeriesBook& book) {
  const auto feed = feed_of(source);
  if (!feed) return;
  const auto stored = stored_gaps_.find(source);
  const bool has_gaps = stored != stored_gaps_.end() && stored->second;
  feeds_[*feed].restore(book, has_gaps ? *stored->second : std::vector<OpenGap>(), slos_);
}

void Engine::record_scrape(const std::string& source, const SeriesBook& book,
                           const BatchResult& result, const ScrapeAttempt& attempt,
                           SourceChange change) {
  const auto feed = feed_of(source);
  if (!feed) return;
  rule_groups_.tried(source);
  feeds_[*feed].record_scrape(book, result, slos_);
  intake_.record_scrape(source, book, result, attempt);
  explain_missing(feeds_[*feed], {});
  SourceChange& pending = source_changes_[source];
  if (!change.series) change.series = std::move(pending.series);
  pending = std::move(change);
}

void Engine::record_failure(const std::string& source, const std::string& why,
                            const ScrapeAttempt& attempt) {
  const auto feed = feed_of(source);
  if (!feed) return;
  rule_groups_.tried(source);
  feeds_[*feed].record_failure(attempt.at, slos_);
  intake_.record_failure(source, feeds_[*feed].plan().options, attempt);
  explain_missing(feeds_[*feed], why);
}

void Engine::explain_missing(const Feed& feed, const std::string& why) {
  for (const auto& consumers : *feed.plan().consumers) {
    for (const Consumer& consumer : consumers) {
      // What an expression read says so itself, once its slice was judged.
      if (consumer.role == Role::value && why.empty()) continue;
      slos_[consumer.slo].explain_missing(why);
    }
  }
}

void Engine::step(Instant now) {
  for (const Feed& feed : feeds_) feed.hold_watermarks(slos_);
  if (own_feed_) own_feed_->hold_watermarks(slos_);
  for (SloState& slo : slos_) {
    for (const EpisodeStep& step : slo.step(now)) note_episode(slo, step, now);
  }
  publish(now);
  move_levels(now);
  forget_removed(now);
  samples_.forget_old(now);
}

void Engine::forget_removed(Instant now) {
  std::erase_if(removed_since_, [&](const auto& removed) {
    const auto& [id, since] = removed;
    if (now - since < removed_kept) return false;
    retired_.erase(id);
    changes_.slos_forgotten.push_back(id);
    changes_.remembered.standings.push_back({id, std::nullopt});
    return true;
  });
}

void Engine::note_episode(const SloState& slo, const EpisodeStep& step, Instant now) {
  const alert::Episode& episode = step.episode;
  if (episode.key.empty()) return;
  const bool open =
      step.transition.to == alert::State::firing || step.transition.to == alert::State::pending;
  changes_.episodes.push_back({episode.key, json_text(alert::to_json(episode)), open, now});
  if (step.transition.to == alert::State::firing || step.transition.to == alert::State::resolved) {
    send(notice_of(slo.definition(), episode, now), now);
  }
}

alert::Notice Engine::notice_of(const SloDefinition& definition, const alert::Episode& episode,
                                Instant now) const {
  return slo_notice(definition, episode, config_.external_url, now);
}

void Engine::send(const alert::Notice& notice, Instant now) {
  for (const std::string& receiver : config_.alerting.routes.receivers(notice.severity)) {
    changes_.outbox.push_back(
        {.id = fmt::format("{}/{}/{}", notice.key, alert::to_string(notice.kind), receiver),
         .receiver = receiver,
         .notice = notice,
         .created = now});
  }
}

void Engine::resolve_abandoned(alert::Episode episode, const SloDefinition& definition,
                               Instant now) {
  const bool was_firing = episode.state == alert::State::firing;
  if (!was_firing && episode.state != alert::State::pending) return;
  episode.state = alert::State::resolved;
  episode.resolved_at = now;
  changes_.episodes.push_back({episode.key, json_text(alert::to_json(episode)), false, now});
  if (was_firing) send(notice_of(definition, episode, now), now);
}

void Engine::abandon_episodes(SloState& slo, Instant now) {
  for (const alert::Episode& episode : slo.episodes()) {
    resolve_abandoned(episode, slo.definition(), now);
  }
  slo.forget_episodes();
}

std::vector<alert::FiringNotice> Engine::firing(Instant now) const {
  std::vector<alert::FiringNotice> notices;
  const auto add = [&](const alert::Notice& notice) {
    for (const std::string& receiver : config_.alerting.routes.receivers(notice.severity)) {
      notices.push_back({receiver, notice});
    }
  };
  for (const SloState& slo : slos_) {
    for (const alert::Episode& episode : slo.episodes()) {
      if (episode.state != alert::State::firing) continue;
      add(notice_of(slo.definition(), episode, now));
    }
  }
  for (const rules::StoredAlert& stored : rule_groups_.firing()) {
    add(alert_notice(stored, config_.external_url, now));
  }
  return notices;
}

void Engine::publish(Instant now) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = now;
  snapshot->policy = config_.freeze;
  snapshot->rule_groups = rule_groups_.statuses();
  snapshot->slos.reserve(slos_.size());
  std::map<std::string_view, std::vector<const SloState*>> by_service;
  for (const SloState& slo : slos_) by_service[slo.definition().service].push_back(&slo);
  for (const config::Service& service : config_.services) {
    const ServiceLevel& level = levels_.at(service.name);
    ServiceSnapshot entry{.name = service.name,
                          .owner = service.owner,
                          .first_slo = snapshot->slos.size(),
                          .evidence = {},
                          .level = level.level,
                          .since = level.since};
    for (const SloState* slo : by_service[service.name]) {
      snapshot->slos.push_back(slo->snapshot(now));
      entry.evidence.push_back(snapshot->slos.back().evidence);
    }
    snapshot->services.push_back(std::move(entry));
  }
  snapshot_ = std::move(snapshot);
}

void Engine::move_levels(Instant now) {
  bool moved = false;
  for (const ServiceSnapshot& service : snapshot_->services) {
    ServiceLevel& known = levels_.at(service.name);
    const freeze::Level level = freeze::service_level(service.evidence, now);
    if (level == known.level) continue;
    const freeze::Verdict verdict = freeze::verdict(service.name, freeze::Change::feature,
                                                    service.evidence, config_.freeze, now, now);
    changes_.verdicts.push_back({now, service.name, std::string(freeze::to_string(known.level)),
                                 std::string(freeze::to_string(level)), level_reason(verdict)});
    known = {level, now, true};
    moved = true;
  }
  if (moved) publish(now);
}

std::optional<std::expected<Engine::WindowAnswer, std::string>> Engine::over_window(
    std::string_view service, std::string_view name, Duration window, Instant now) const {
  for (const SloState& slo : slos_) {
    if (slo.definition().service != service || slo.definition().name != name) continue;
    const Ledger& ledger = slo.tracker().ledger();
    if (window < ledger.resolution() || window > ledger.retention()) {
      return std::unexpected(fmt::format(
          "expected a window from {} to {}, found {}", format_duration(ledger.resolution()),
          format_duration(ledger.retention()), format_duration(window)));
    }
    SloDefinition other = slo.definition();
    other.window = RollingWindow{window};
    return WindowAnswer{slo.tracker().reading(now, window), budget(ledger, other, now)};
  }
  return std::nullopt;
}

std::optional<std::vector<TimelineSlice>> Engine::timeline(std::string_view service,
                                                           std::string_view name,
                                                           std::size_t slices_max,
                                                           std::optional<Duration> last,
                                                           Instant now) const {
  for (const SloState& slo : slos_) {
    if (slo.definition().service != service || slo.definition().name != name) continue;
    Interval window = window_at(slo.definition().window, now);
    if (last) window.begin = std::max(window.begin, window.end - *last);
    return slod::timeline(slo.tracker().ledger(), window, slices_max);
  }
  return std::nullopt;
}

Changes Engine::take_changes() {
  Changes taken = std::exchange(changes_, {});
  for (SloState& slo : slos_) {
    if (auto change = slo.take_change()) taken.slos.push_back(std::move(*change));
    if (auto standing = slo.take_standing()) {
      taken.remembered.standings.push_back({to_text(slo.definition().id()), *standing});
    }
  }
  for (auto& [name, change] : std::exchange(source_changes_, {})) {
    taken.sources.push_back(std::move(change));
  }
  take_difference(open_gaps(), stored_gaps_, taken.remembered.open_gaps);
  take_difference(removed_since_, stored_removals_, taken.remembered.removals);
  take_difference(rule_groups_.marks(), stored_marks_, taken.remembered.rule_marks);
  for (auto& [service, level] : levels_) {
    if (!std::exchange(level.changed, false)) continue;
    taken.remembered.levels.push_back({service, freeze::Standing{level.level, level.since}});
  }
  return taken;
}

std::map<std::string, std::vector<OpenGap>> Engine::open_gaps() const {
  std::map<std::string, std::vector<OpenGap>> open;
  for (const Feed& feed : feeds_) {
    std::vector<OpenGap> gaps = feed.open_gaps(slos_);
    if (!gaps.empty()) open.emplace(feed.plan().name, std::move(gaps));
  }
  return open;
}

void Engine::reconfigure(config::Config config, Instant now) {
  std::map<std::string, SloState> before = std::exchange(retired_, {});
  std::map<std::string, std::uint32_t> index_before;
  for (std::uint32_t i = 0; i < slos_.size(); ++i) {
    const std::string id = to_text(slos_[i].definition().id());
    index_before.emplace(id, i);
    before.insert_or_assign(id, std::move(slos_[i]));
  }
  std::vector<std::optional<std::uint32_t>> moved(slos_.size());
  const std::vector<Feed> feeds_before = std::exchange(feeds_, {});
  const std::optional<Feed> own_before = std::exchange(own_feed_, std::nullopt);
  const auto feed_before = feed_by_name_;

  config_ = std::move(config);
  build(now);
  for (std::uint32_t i = 0; i < slos_.size(); ++i) {
    const auto old = before.find(to_text(slos_[i].definition().id()));
    if (old == before.end()) continue;
    if (old->second.definition().fingerprint() != slos_[i].definition().fingerprint()) continue;
    if (const auto at = index_before.find(old->first); at != index_before.end()) {
      moved[at->second] = i;
    }
    slos_[i].continue_from(old->second);
    abandon_episodes(old->second, now);
    before.erase(old);
  }
  for (auto& [id, slo] : before) {
    abandon_episodes(slo, now);
    if (find(id)) continue;  // it counts anew, in place of what is stored
    if (auto change = slo.take_change()) changes_.slos.push_back(std::move(*change));
  }
  std::erase_if(before, [this](const auto& gone) { return slo_by_id_.contains(gone.first); });
  retired_ = std::move(before);
  std::erase_if(removed_since_, [this](const auto& gone) { return find(gone.first) != nullptr; });
  for (const auto& [id, slo] : retired_) removed_since_.try_emplace(id, now);
  for (Feed& feed : feeds_) {
    const auto old = feed_before.find(feed.plan().name);
    if (old != feed_before.end()) feed.continue_from(feeds_before[old->second], moved, slos_);
  }
  if (own_feed_ && own_before) own_feed_->continue_from(*own_before, moved, slos_);
  for (const auto& [name, at] : feed_before) {
    if (!feed_by_name_.contains(name)) changes_.sources_forgotten.push_back(name);
  }
  std::erase_if(source_changes_,
                [this](const auto& entry) { return !feed_by_name_.contains(entry.first); });
  std::erase_if(levels_, [this](const auto& entry) {
    return std::ranges::find(config_.services, entry.first, &config::Service::name) ==
           config_.services.end();
  });
  publish(now);
}

}  // namespace slod
