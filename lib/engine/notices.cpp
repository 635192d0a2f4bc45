#include "lib/engine/notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "lib/engine/alert_notice.h"
#include "lib/engine/slo_notice.h"
#include "lib/json/text.h"

namespace slod {
namespace {

template <typename Row>
void move_to_end(std::vector<Row>& rows, std::vector<Row>& end) {
  end.insert(end.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  rows.clear();
}

}  // namespace

void Notices::reconfigure(const config::Config& config) {
  external_url_ = config.external_url;
  routes_ = config.alerting.routes;
  receivers_.clear();
  for (const alert::Receiver& receiver : config.alerting.receivers) {
    receivers_.insert_or_assign(
        receiver.name,
        Receiver{.pace = receiver.pace(),
                 .is_resent = receiver.resend().has_value(),
                 .fallback = receiver.fallback ? receiver.fallback->receiver : std::string()});
  }
}

void Notices::restore(const Remembered& remembered) {
  incidents_.restore(remembered.incidents);
  stored_incidents_.restore(remembered.incidents);
  stored_forwarded_.restore(remembered.forwarded);
  for (const Keyed<std::string>& piece : remembered.forwarded) {
    if (piece.value) forwarded_.insert_or_assign(piece.key, *piece.value);
  }
}

void Notices::note(const SloDefinition& slo, const EpisodeStep& step, Instant now) {
  using enum alert::State;
  const alert::Episode& episode = step.episode;
  if (episode.key.empty()) return;
  const alert::State to = step.transition.to;
  const bool open = to == firing || to == pending;
  episodes_.push_back({episode.key, json_text(alert::to_json(episode)), open, now});
  if (to == firing || to == resolved) send(slo_notice(slo, episode, external_url_, now), now);
}

void Notices::note(const rules::StoredAlert& stored, rules::AlertState from, Instant now) {
  using enum rules::AlertState;
  const rules::AlertState to = stored.alert.state;
  episodes_.push_back({stored.alert.key, json_text(rules::to_json(stored)), to != inactive, now});
  const bool fired = to == firing && from != firing;
  const bool resolved = to == inactive && from == firing;
  if (fired || resolved) send(alert_notice(stored, external_url_, now), now);
}

void Notices::rename(const alert::Episode& episode) {
  if (episode.state != alert::State::firing && episode.state != alert::State::pending) return;
  const Instant changed = episode.fired_at.value_or(episode.since);
  episodes_.push_back({episode.key, json_text(alert::to_json(episode)), true, changed});
}

void Notices::abandon(const SloDefinition& slo, alert::Episode episode, Instant now) {
  const bool was_firing = episode.state == alert::State::firing;
  if (!was_firing && episode.state != alert::State::pending) return;
  episode.state = alert::State::resolved;
  episode.resolved_at = now;
  episodes_.push_back({episode.key, json_text(alert::to_json(episode)), false, now});
  if (was_firing) send(slo_notice(slo, episode, external_url_, now), now);
}

void Notices::abandon(rules::StoredAlert stored, Instant now) {
  const rules::AlertState from = std::exchange(stored.alert.state, rules::AlertState::inactive);
  if (from == rules::AlertState::firing) stored.alert.resolved_at = now;
  note(stored, from, now);
}

/// The end of an alert goes also to whom it was forwarded.
void Notices::send(const alert::Notice& notice, Instant now) {
  const std::span<const std::string> route = routes_.receivers(notice.severity);
  for (const std::string& receiver : route) send(notice, receiver, now);
  if (notice.kind == alert::Notice::Kind::firing) return;
  for (std::string name : std::vector(route.begin(), route.end())) {
    for (auto at = forwarded_.find(place_of(name, notice)); at != forwarded_.end();
         at = forwarded_.find(place_of(name, notice))) {
      name = at->second;
      forwarded_.erase(at);
      if (std::ranges::find(route, name) == route.end()) send(notice, name, now);
    }
  }
}

void Notices::send(const alert::Notice& notice, const std::string& receiver, Instant now) {
  outbox_.push_back(
      {.id = fmt::format("{}/{}/{}", notice.key, alert::to_string(notice.kind), receiver),
       .receiver = receiver,
       .notice = notice,
       .created = now});
}

void Notices::forward(const OutboxMessage& message, Instant now) {
  const Receiver* from = receiver(message.receiver);
  if (from == nullptr || from->fallback.empty()) return;
  if (message.notice.kind != alert::Notice::Kind::firing) return;
  const std::string& to = from->fallback;
  if (!forwarded_.emplace(place_of(message.receiver, message.notice), to).second) return;
  const std::span<const std::string> route = routes_.receivers(message.notice.severity);
  if (std::ranges::find(route, to) != route.end()) return;
  alert::Notice notice = message.notice;
  notice.incident.clear();
  send(notice, to, now);
}

const Notices::Receiver* Notices::receiver(const std::string& name) const {
  const auto found = receivers_.find(name);
  return found == receivers_.end() ? nullptr : &found->second;
}

bool Notices::resends() const {
  return std::ranges::any_of(receivers_, [](const auto& each) { return each.second.is_resent; });
}

bool Notices::has_resent(std::string_view severity) const {
  return std::ranges::any_of(routes_.receivers(severity), [this](const std::string& name) {
    const Receiver* found = receiver(name);
    return found != nullptr && found->is_resent;
  });
}

void Notices::add_active(const SloDefinition& slo, const alert::Episode& episode, Instant now,
                         std::vector<alert::ActiveNotice>& active) const {
  const bool is_pending = episode.state == alert::State::pending;
  if (!is_pending && episode.state != alert::State::firing) return;
  if (!has_resent(episode.severity)) return;
  address(slo_notice(slo, episode, external_url_, now), now, is_pending, active);
}

void Notices::add_active(const rules::StoredAlert& stored, Instant evaluated, Instant now,
                         std::vector<alert::ActiveNotice>& active) const {
  const bool is_pending = stored.alert.state == rules::AlertState::pending;
  address(alert_notice(stored, external_url_, now), evaluated, is_pending, active);
}

void Notices::address(const alert::Notice& notice, Instant evaluated, bool is_pending,
                      std::vector<alert::ActiveNotice>& active) const {
  for (const std::string& name : routes_.receivers(notice.severity)) {
    const Receiver* found = receiver(name);
    if (found == nullptr || !found->is_resent) continue;
    active.push_back({name, notice, evaluated, is_pending});
  }
}

void Notices::take_into(Changes& changes) {
  const auto pace_of = [this](const std::string& name) {
    const Receiver* found = receiver(name);
    return found == nullptr ? alert::Pace{} : found->pace;
  };
  if (!outbox_.empty()) incidents_.assign(outbox_, pace_of, outbox_.back().created);
  stored_incidents_.take_difference(incidents_.current(), changes.remembered.incidents);
  stored_forwarded_.take_difference(forwarded_, changes.remembered.forwarded);
  move_to_end(episodes_, changes.episodes);
  move_to_end(outbox_, changes.outbox);
}

}  // namespace slod
