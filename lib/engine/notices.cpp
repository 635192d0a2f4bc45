#include "lib/engine/notices.h"

#include <fmt/format.h>

#include <iterator>
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

void Notices::send(const alert::Notice& notice, Instant now) {
  for (const std::string& receiver : routes_.receivers(notice.severity)) {
    outbox_.push_back(
        {.id = fmt::format("{}/{}/{}", notice.key, alert::to_string(notice.kind), receiver),
         .receiver = receiver,
         .notice = notice,
         .created = now});
  }
}

void Notices::add_firing(const SloDefinition& slo, const alert::Episode& episode, Instant now,
                         std::vector<alert::FiringNotice>& firing) const {
  address(slo_notice(slo, episode, external_url_, now), firing);
}

void Notices::add_firing(const rules::StoredAlert& stored, Instant now,
                         std::vector<alert::FiringNotice>& firing) const {
  address(alert_notice(stored, external_url_, now), firing);
}

void Notices::address(const alert::Notice& notice, std::vector<alert::FiringNotice>& firing) const {
  for (const std::string& receiver : routes_.receivers(notice.severity)) {
    firing.push_back({receiver, notice});
  }
}

void Notices::take_into(Changes& changes) {
  move_to_end(episodes_, changes.episodes);
  move_to_end(outbox_, changes.outbox);
}

}  // namespace slod
