#include "lib/state/future_state.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "lib/alert/episode.h"
#include "lib/json/text.h"
#include "lib/rules/stored_alert.h"
#include "lib/slo/tracker_state.h"

namespace slod {
namespace {

namespace json = boost::json;

/// Moves times that are after `now` to it, and notes how far they were.
class Limit {
 public:
  Limit(Instant now, BroughtBack& back) : now_(now), back_(back) {}

  Instant now() const { return now_; }
  /// Whether it was after `now`.
  bool apply(Instant& at) {
    if (at <= now_) return false;
    back_.ahead = std::max(back_.ahead, at - now_);
    at = now_;
    return true;
  }
  bool apply(std::optional<Instant>& at) { return at && apply(*at); }

 private:
  Instant now_;
  BroughtBack& back_;
};

/// The time counted between two rows, cut to the time that there was.
void cut_time(const LedgerRow& before, LedgerRow& row) {
  const auto most = static_cast<std::int64_t>((row.at - before.at) / Duration(10));
  const auto difference = [](std::uint32_t later, std::uint32_t earlier) {
    return static_cast<std::int64_t>(static_cast<std::int32_t>(later - earlier));
  };
  const auto measured = std::min(difference(row.measured_cs, before.measured_cs), most);
  const auto unknown = std::min(difference(row.unknown_cs, before.unknown_cs), most - measured);
  row.measured_cs = before.measured_cs + static_cast<std::uint32_t>(measured);
  row.unknown_cs = before.unknown_cs + static_cast<std::uint32_t>(unknown);
}

/// Makes the rows after the limit one at the limit; returns the times of those that are gone.
template <typename Row>
std::vector<Instant> fold(std::vector<Row>& rows, Limit& limit) {
  const auto first = std::ranges::upper_bound(rows, limit.now(), {}, &Row::at);
  if (first == rows.end()) return {};
  std::vector<Instant> gone;
  for (auto row = first; row != rows.end(); ++row) gone.push_back(row->at);
  Row last = std::move(rows.back());
  limit.apply(last.at);
  const bool has_one_there = first != rows.begin() && std::prev(first)->at == last.at;
  rows.erase(has_one_there ? std::prev(first) : first, rows.end());
  rows.push_back(std::move(last));
  return gone;
}

/// A time-sliced SLO takes the slices up to a time for judged: it must forget which.
void forget_slices(TrackerState& state) {
  json::object* slices = state.slices.if_object();
  if (!slices) return;
  if (slices->contains("next")) {
    (*slices)["next"] = nullptr;
  } else {
    *slices = {{"closed", std::numeric_limits<std::int64_t>::min()}, {"open", json::array()}};
  }
}

void bring_back(SloChange& slo, Limit& limit, BroughtBack& back) {
  auto state = parse_tracker_state(slo.state);
  if (!state) return;
  const Instant newest = slo.ledger.empty() ? limit.now() : slo.ledger.back().at;
  LedgerRow before{.at = state->observed_since.value_or(limit.now())};
  for (const LedgerRow& row : slo.ledger) {
    if (row.at <= limit.now()) before = row;
  }
  // Counts are in a ledger only after its beginning.
  const Duration length = std::max(newest - before.at, Duration(1));
  const bool begins_ahead = limit.apply(state->observed_since);
  if (begins_ahead) before.at = *state->observed_since -= length;
  std::vector<Instant> gone = fold(slo.ledger, limit);
  std::vector<Instant> buckets_gone = fold(slo.buckets, limit);
  if (!begins_ahead && gone.empty() && buckets_gone.empty()) return;
  if (!gone.empty() && before.at < slo.ledger.back().at) cut_time(before, slo.ledger.back());
  ++back.slos;
  back.ledger_rows += gone.size();
  slo.state = to_text(*state);
  SloChange change{.slo = slo.slo,
                   .fingerprint = slo.fingerprint,
                   .resolution = slo.resolution,
                   .state = {},
                   .ledger = {},
                   .ledger_removed = std::move(gone),
                   .buckets = {},
                   .buckets_removed = std::move(buckets_gone)};
  if (!change.ledger_removed.empty()) change.ledger.push_back(slo.ledger.back());
  if (!change.buckets_removed.empty()) change.buckets.push_back(slo.buckets.back());
  back.changes.slos.push_back(std::move(change));
}

/// Of all SLOs, once any time was ahead: which slices a state is about shows only its SLO.
void forget_slices(std::vector<SloChange>& slos, BroughtBack& back) {
  for (SloChange& slo : slos) {
    auto state = parse_tracker_state(slo.state);
    if (!state) continue;
    forget_slices(*state);
    slo.state = to_text(*state);
    const auto known = std::ranges::find(back.changes.slos, slo.slo, &SloChange::slo);
    if (known != back.changes.slos.end()) known->state = slo.state;
  }
}

bool bring_back(alert::Episode& episode, Limit& limit) {
  const bool since = limit.apply(episode.since);
  const bool fired = limit.apply(episode.fired_at);
  const bool resolved = limit.apply(episode.resolved_at);
  return since || fired || resolved;
}

bool bring_back(rules::AlertStatus& alert, Limit& limit) {
  const bool active = limit.apply(alert.active_at);
  const bool kept = limit.apply(alert.keep_firing_since);
  const bool fired = limit.apply(alert.fired_at);
  const bool resolved = limit.apply(alert.resolved_at);
  if (!active && !kept && !fired && !resolved) return false;
  alert.held_until.reset();
  return true;
}

/// The text of an episode, or of a rule's alert, with times that are not ahead; nullopt: none was.
std::optional<std::string> brought_back(const std::string& text, Limit& limit) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return std::nullopt;
  if (rules::is_stored_alert(value)) {
    auto stored = rules::stored_alert_from_json(value);
    if (!stored || !bring_back(stored->alert, limit)) return std::nullopt;
    return json_text(rules::to_json(*stored));
  }
  auto episode = alert::episode_from_json(value);
  if (!episode || !bring_back(*episode, limit)) return std::nullopt;
  return json_text(alert::to_json(*episode));
}

void bring_back(EpisodeChange& episode, Limit& limit, BroughtBack& back) {
  auto text = brought_back(episode.episode, limit);
  const bool was_ahead = limit.apply(episode.at);
  if (!text && !was_ahead) return;
  if (text) episode.episode = std::move(*text);
  ++back.episodes;
  back.changes.episodes.push_back(episode);
}

bool bring_back(Instant& at, Limit& limit) {
  return limit.apply(at);
}

bool bring_back(freeze::Standing& standing, Limit& limit) {
  return limit.apply(standing.since);
}

bool bring_back(SloStanding& slo, Limit& limit) {
  const bool since = limit.apply(slo.standing.since);
  return limit.apply(slo.exhausted_at) || since;
}

bool bring_back(std::vector<OpenGap>& gaps, Limit& limit) {
  bool any = false;
  for (OpenGap& gap : gaps) {
    for (MissedTime& missed : gap.missed) {
      any = limit.apply(missed.when.end) || any;
      missed.when.begin = std::min(missed.when.begin, missed.when.end);
    }
    std::erase_if(gap.missed, [](const MissedTime& missed) {
      return missed.when.length() <= Duration::zero();
    });
  }
  std::erase_if(gaps, [](const OpenGap& gap) { return gap.missed.empty(); });
  return any;
}

template <typename Value>
void bring_back(std::vector<Keyed<Value>>& pieces, std::vector<Keyed<Value>>& changed,
                Limit& limit) {
  for (Keyed<Value>& piece : pieces) {
    if (piece.value && bring_back(*piece.value, limit)) changed.push_back(piece);
  }
}

void bring_back(Remembered& remembered, Remembered& changed, Limit& limit) {
  bring_back(remembered.standings, changed.standings, limit);
  bring_back(remembered.levels, changed.levels, limit);
  bring_back(remembered.open_gaps, changed.open_gaps, limit);
  bring_back(remembered.removals, changed.removals, limit);
  bring_back(remembered.rule_marks, changed.rule_marks, limit);
}

}  // namespace

BroughtBack bring_back(Restored& restored, std::vector<OutboxRow>& pending, Instant now) {
  BroughtBack back;
  Limit limit(now, back);
  for (SloChange& slo : restored.slos) bring_back(slo, limit, back);
  for (EpisodeChange& episode : restored.episodes) bring_back(episode, limit, back);
  bring_back(restored.remembered, back.changes.remembered, limit);
  for (OutboxRow& row : pending) {
    // A message may well be due later, but not later than a receiver may ask for.
    const bool is_ahead = limit.apply(row.message.created);
    if (is_ahead) row.next_attempt = std::min(row.next_attempt, now);
  }
  if (back.ahead > Duration::zero()) forget_slices(restored.slos, back);
  return back;
}

}  // namespace slod
