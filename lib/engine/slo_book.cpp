#include "lib/engine/slo_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string_view>

#include "lib/engine/expression_needs.h"
#include "lib/engine/renamed_slos.h"

namespace slod {
namespace {

/// So that a long wait of one SLO does not hold up the others.
constexpr std::size_t slices_at_once = 60;

bool count_the_same(const SloState& a, const SloState& b) {
  return a.definition().fingerprint() == b.definition().fingerprint();
}

}  // namespace

void SloBook::reconfigure(const config::Config& config, const Plan& plan, Notices& notices,
                          Instant now) {
  judgement_ = judgement_of(config);
  const std::vector<SloHandle> before = slos_.handles();
  const std::map<SloId, SloId> renamed = renamed_in(plan);
  std::vector<SloHandle> order;
  order.reserve(plan.slos.size());
  for (std::size_t i = 0; i < plan.slos.size(); ++i) {
    const SloDefinition& slo = plan.slos[i];
    const auto old = renamed.find(slo.id());
    order.push_back(old == renamed.end()
                        ? configure(slo, plan.resolutions[i], notices, now)
                        : rename(old->second, slo, plan.resolutions[i], notices, now));
  }
  const std::set<SloHandle> kept(order.begin(), order.end());
  for (const SloHandle slo : before) {
    if (slos_.find(slo) && !kept.contains(slo)) retire(slo, notices, now);
  }
  slos_.set_order(std::move(order));
  feeds_.reconfigure(plan, slos_);  // once each SLO has the handle that feeds know it by
  levels_.reconfigure(config.services, now);
}

/// Its handle stays where it counts the same events as before.
SloHandle SloBook::configure(const SloDefinition& definition, Duration resolution, Notices& notices,
                             Instant now) {
  SloState next(definition, resolution, judgement_, now);
  if (const auto there = slos_.handle(definition.id())) {
    SloState& before = slos_[*there];
    const bool goes_on = count_the_same(before, next);
    if (goes_on) next.continue_from(before);
    abandon_episodes(before, notices, now);  // that no rule follows now
    if (goes_on) {
      before = std::move(next);
      return *there;
    }
    slos_.remove(*there, now);
  }
  return begin(std::move(next));
}

/// One that was removed earlier comes back under its own name.
std::map<SloId, SloId> SloBook::renamed_in(const Plan& plan) {
  std::vector<CountingSlo> gone;
  std::vector<CountingSlo> added;
  std::set<SloId> planned;
  for (const SloDefinition& slo : plan.slos) {
    planned.insert(slo.id());
    if (slos_.handle(slo.id())) continue;
    const SloTable::Removed* removed = slos_.removed(slo.id());
    const bool comes_back = removed && removed->state &&
                            removed->state->definition().fingerprint() == slo.fingerprint();
    if (!comes_back) added.push_back({slo.id(), slo.fingerprint()});
  }
  for (const SloHandle handle : slos_.handles()) {
    const SloDefinition& slo = slos_[handle].definition();
    if (!planned.contains(slo.id())) gone.push_back({slo.id(), slo.fingerprint()});
  }
  return renamed_slos(gone, added);
}

SloHandle SloBook::rename(const SloId& old, const SloDefinition& definition, Duration resolution,
                          Notices& notices, Instant now) {
  const SloHandle slo = slos_.handle(old).value();
  SloState next(definition, resolution, judgement_, now);
  next.continue_from(slos_[slo]);
  next.store_all();
  for (const alert::Episode& episode : next.episodes()) notices.rename(episode);
  abandon_episodes(slos_[slo], notices, now);
  slos_.rename(slo, std::move(next));
  note_renamed(old, definition.id());
  return slo;
}

void SloBook::note_renamed(const SloId& old, const SloId& id) {
  forgotten_.push_back(to_text(old));
  notes_.push_back(fmt::format(
      "{} goes on with the ledger of {}, which counted the same events and is gone from the "
      "configuration",
      to_text(id), to_text(old)));
}

/// If it was there before and counted the same events, it goes on with them.
SloHandle SloBook::begin(SloState slo) {
  SloTable::Removed* removed = slos_.removed(slo.definition().id());
  if (removed && removed->state && count_the_same(*removed->state, slo)) {
    slo.continue_from(*removed->state);
  }
  return slos_.add(std::move(slo));
}

void SloBook::retire(SloHandle slo, Notices& notices, Instant now) {
  SloState& state = slos_[slo];
  abandon_episodes(state, notices, now);
  if (auto change = state.take_change()) last_rows_.push_back(std::move(*change));
  slos_.remove(slo, now);
}

SloHandle SloBook::add(SloDefinition definition, Duration resolution, Instant now) {
  const SloHandle slo = begin(SloState(std::move(definition), resolution, judgement_, now));
  feeds_.connect(slo, slos_[slo].definition());
  return slo;
}

void SloBook::remove(SloHandle slo, Notices& notices, Instant now) {
  feeds_.disconnect(slo);
  retire(slo, notices, now);
}

void SloBook::abandon_episodes(SloState& slo, Notices& notices, Instant now) {
  for (const alert::Episode& episode : slo.episodes()) {
    notices.abandon(slo.definition(), episode, now);
  }
  slo.forget_episodes();
}

SloState* SloBook::find(const SloId& id) {
  const auto handle = slos_.handle(id);
  return handle ? &slos_[*handle] : nullptr;
}

const SloState* SloBook::find(const SloId& id) const {
  const auto handle = slos_.handle(id);
  return handle ? &slos_[*handle] : nullptr;
}

void SloBook::restore(std::vector<SloChange> slos, std::vector<SourceChange> sources,
                      const Remembered& remembered, Instant now) {
  std::map<std::string, std::string> new_names;
  for (const auto& [id, old] : renamed_since(slos, remembered.removals)) {
    restored_as_.emplace(old, id);
    new_names.emplace(to_text(old), to_text(id));
  }
  restore_counts(std::move(slos), now);
  restore_removals(remembered.removals);
  for (const Keyed<SloStanding>& standing : remembered.standings) {
    const auto id = parse_slo_id(standing.key);
    SloState* slo = id ? find_restored(*id) : nullptr;
    if (slo && standing.value) slo->restore_standing(*standing.value);
  }
  for (const auto& [old, id] : restored_as_) {
    find(id)->store_all();
    note_renamed(old, id);
  }
  levels_.restore(remembered.levels);
  feeds_.restore(std::move(sources), remembered.open_gaps, std::move(new_names));
}

/// Those of which the stored rows have another name.
std::map<SloId, SloId> SloBook::renamed_since(std::span<const SloChange> stored,
                                              const std::vector<Keyed<Instant>>& removals) {
  std::set<std::string> removed;
  for (const Keyed<Instant>& removal : removals) removed.insert(removal.key);
  std::vector<CountingSlo> gone;
  std::set<SloId> known;
  for (const SloChange& change : stored) {
    const auto id = parse_slo_id(change.slo);
    if (!id) continue;
    known.insert(*id);
    if (find(*id) || removed.contains(change.slo)) continue;
    gone.push_back({*id, change.fingerprint});
  }
  std::vector<CountingSlo> added;
  for (const SloHandle handle : slos_.handles()) {
    const SloDefinition& slo = slos_[handle].definition();
    if (!known.contains(slo.id())) added.push_back({slo.id(), slo.fingerprint()});
  }
  return renamed_slos(gone, added);
}

/// By the id under which it was stored.
SloState* SloBook::find_restored(const SloId& id) {
  const auto renamed = restored_as_.find(id);
  return find(renamed == restored_as_.end() ? id : renamed->second);
}

void SloBook::restore_counts(std::vector<SloChange> stored, Instant now) {
  for (SloChange& each : stored) {
    const SloChange change = std::move(each);  // its rows make room for the ledger of the next
    const auto id = parse_slo_id(change.slo);
    if (!id) {
      forgotten_.push_back(change.slo);  // no SLO can ever be called that
      continue;
    }
    SloState* slo = find_restored(*id);
    if (!slo) {
      slos_.add_removed(*id, now);  // unless restore_removals() knows better
    } else if (slo->definition().fingerprint() != change.fingerprint) {
      warnings_.push_back(fmt::format(
          "{} counts other events than before the restart; its ledger starts over", change.slo));
    } else if (const auto done = slo->restore_counts(change); !done) {
      warnings_.push_back(fmt::format("the stored ledger of {} cannot be used and starts over: {}",
                                      change.slo, done.error()));
    }
  }
}

void SloBook::restore_removals(const std::vector<Keyed<Instant>>& removals) {
  stored_removals_.restore(removals);
  for (const Keyed<Instant>& removal : removals) {
    const auto id = parse_slo_id(removal.key);
    SloTable::Removed* removed = id ? slos_.removed(*id) : nullptr;
    if (removed && removal.value) removed->since = *removal.value;
  }
}

void SloBook::restore_episode(alert::Episode episode, Notices& notices, Instant now) {
  const SloId id = parse_slo_id(episode.slo).value_or(SloId{.service = episode.slo, .name = ""});
  SloState* slo = find_restored(id);
  const bool is_followed = slo && slo->restore_episode(episode);
  if (is_followed && restored_as_.contains(id)) {
    episode.slo = to_text(slo->definition().id());
    notices.rename(episode);
  }
  if (is_followed) return;
  SloDefinition owner;
  owner.service = id.service;
  owner.name = id.name;
  owner.labels = id.labels;
  notices.abandon(slo ? slo->definition() : owner, std::move(episode), now);
}

void SloBook::step(Notices& notices, Instant now) {
  feeds_.hold_watermarks(slos_);
  for (const SloHandle handle : slos_.handles()) {
    SloState& slo = slos_[handle];
    for (const EpisodeStep& step : slo.step(now)) notices.note(slo.definition(), step, now);
    note_finding(slo);
  }
  for (const SloId& id : slos_.forget_removed(now - removed_kept)) {
    forgotten_.push_back(to_text(id));
  }
}

void SloBook::note_finding(SloState& slo) {
  PartWatch& watch = slo.part_watch();
  const auto name = [&slo] { return to_text(slo.definition().id()); };
  switch (watch.take_change()) {
    case PartWatch::Change::none:
      return;
    case PartWatch::Change::found:
      warnings_.push_back(fmt::format("the counts of {} do not belong together: {}", name(),
                                      to_text(*watch.finding())));
      return;
    case PartWatch::Change::over:
      notes_.push_back(fmt::format("the counts of {} belong together again", name()));
      return;
  }
}

void SloBook::publish(const config::Config& config, Snapshot& snapshot) const {
  snapshot.slos.reserve(slos_.handles().size());
  std::map<std::string_view, std::vector<const SloState*>> by_service;
  for (const SloHandle handle : slos_.handles()) {
    const SloState& slo = slos_[handle];
    by_service[slo.definition().service].push_back(&slo);
  }
  for (const config::Service& service : config.services) {
    const freeze::Standing& level = levels_.of(service.name);
    ServiceSnapshot entry{.name = service.name,
                          .owner = service.owner,
                          .first_slo = snapshot.slos.size(),
                          .evidence = {},
                          .level = level.level,
                          .since = level.since};
    for (const SloState* slo : by_service[service.name]) {
      snapshot.slos.push_back(slo->snapshot(snapshot.at));
      entry.evidence.push_back(snapshot.slos.back().evidence);
    }
    snapshot.services.push_back(std::move(entry));
  }
}

std::vector<DueSlices> SloBook::take_due_slices(Instant now) {
  std::vector<DueSlices> taken;
  for (const SloHandle handle : slos_.handles()) {
    SloState& slo = slos_[handle];
    std::vector<Interval> due = slo.tracker().due_slices(slices_at_once);
    if (due.empty() || being_evaluated_.contains(handle)) continue;
    const auto in_time = std::ranges::find_if(
        due, [now](const Interval& slice) { return now - slice.end <= slice_late_most; });
    for (const Interval& slice : std::span(due.begin(), in_time)) {
      slo.judge(slice, SliceValue::missing("it was not evaluated in time"));
    }
    due.erase(due.begin(), in_time);
    if (due.empty()) continue;
    being_evaluated_.insert(handle);
    taken.push_back({handle, slo.shared_definition(), std::move(due)});
  }
  return taken;
}

void SloBook::judge(const JudgedSlices& judged) {
  being_evaluated_.erase(judged.slo);
  SloState* slo = slos_.find(judged.slo);
  if (!slo) return;
  if (!judged.error.empty()) {
    warnings_.push_back(
        fmt::format("the evaluation of {} failed, and the time that it was about "
                    "is missing: {}",
                    to_text(slo->definition().id()), judged.error));
  }
  for (const auto& [slice, value] : judged.values) slo->judge(slice, value);
}

void SloBook::add_active(const Notices& notices, Instant now,
                         std::vector<alert::ActiveNotice>& active) const {
  for (const SloHandle handle : slos_.handles()) {
    const SloState& slo = slos_[handle];
    for (const alert::Episode& episode : slo.episodes()) {
      notices.add_active(slo.definition(), episode, now, active);
    }
  }
}

void SloBook::take_into(Changes& changes) {
  std::ranges::move(std::exchange(last_rows_, {}), std::back_inserter(changes.slos));
  // What is forgotten goes first: an SLO may have come back meanwhile.
  for (std::string& id : std::exchange(forgotten_, {})) {
    changes.remembered.standings.push_back({id, std::nullopt});
    changes.slos_forgotten.push_back(std::move(id));
  }
  for (const SloHandle handle : slos_.handles()) {
    SloState& slo = slos_[handle];
    if (auto change = slo.take_change()) changes.slos.push_back(std::move(*change));
    if (auto standing = slo.take_standing()) {
      changes.remembered.standings.push_back({to_text(slo.definition().id()), standing});
    }
  }
  std::map<std::string, Instant> removals;
  for (const auto& [id, since] : slos_.all_removed()) removals.emplace(to_text(id), since);
  stored_removals_.take_difference(removals, changes.remembered.removals);
  feeds_.take_into(changes, slos_);
  levels_.take_into(changes);
}

std::optional<std::expected<WindowAnswer, std::string>> SloBook::over_window(const SloId& id,
                                                                             Duration window,
                                                                             Instant now) const {
  const SloState* slo = find(id);
  if (!slo) return std::nullopt;
  const Tracker& tracker = slo->tracker();
  const Ledger& ledger = tracker.ledger();
  if (window < ledger.resolution() || window > ledger.retention()) {
    return std::unexpected(fmt::format(
        "expected a duration from {} to {}, found {}", format_duration(ledger.resolution()),
        format_duration(ledger.retention()), format_duration(window)));
  }
  SloDefinition other = slo->definition();
  other.window = RollingWindow{window};
  return WindowAnswer{tracker.reading(now, window), tracker.budget(other, now)};
}

std::optional<std::vector<TimelineSlice>> SloBook::timeline(const SloId& id, std::size_t slices_max,
                                                            std::optional<Duration> last,
                                                            Instant now) const {
  const SloState* slo = find(id);
  if (!slo) return std::nullopt;
  Interval window = window_at(slo->definition().window, now);
  if (last) window.begin = std::max(window.begin, window.end - *last);
  return slod::timeline(slo->tracker().ledger(), window, slices_max);
}

}  // namespace slod
