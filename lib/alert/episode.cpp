#include "lib/alert/episode.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/alert/fields.h"
#include "lib/hash/fnv.h"
#include "lib/text/utf8.h"

namespace slod::alert {
namespace {

std::optional<State> parse_state(std::string_view text) {
  for (State state : {State::inactive, State::pending, State::firing, State::resolved}) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

bool is_open(State state) {
  return state == State::pending || state == State::firing;
}

State next_state(State state, const Condition& condition) {
  if (condition.holds) {
    if (state == State::firing || condition.enough_events) return State::firing;
    return State::pending;
  }
  if (!condition.observed || !is_open(state)) return state;
  return state == State::firing ? State::resolved : State::inactive;
}

/// What changes with the state: key and times.
void enter(Episode& episode, State from, Instant now) {
  if (!is_open(from) && is_open(episode.state)) {
    episode.since = episode.key.empty() ? now : std::max(now, episode.since + Duration(1));
    episode.key = dedup_key(episode.slo, episode.severity, episode.since);
    episode.fired_at = std::nullopt;
    episode.resolved_at = std::nullopt;
    episode.peak = {};
  }
  if (episode.state == State::firing) episode.fired_at = std::max(now, episode.since);
  if (episode.state == State::resolved) {
    episode.resolved_at = std::max(now, episode.fired_at.value_or(episode.since));
  }
}

boost::json::value number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::inactive:
      return "inactive";
    case State::pending:
      return "pending";
    case State::firing:
      return "firing";
    case State::resolved:
      return "resolved";
  }
  return "";
}

Stepped step(const Episode& episode, const Condition& condition, Instant now) {
  Stepped out{episode, std::nullopt};
  out.next.state = next_state(episode.state, condition);
  if (is_open(episode.state) || is_open(out.next.state)) {
    if (condition.holds || condition.observed) out.next.facts = condition.facts;
  }
  if (out.next.state != episode.state) {
    enter(out.next, episode.state, now);
    out.transition = Transition{episode.state, out.next.state};
  }
  if (condition.holds && condition.facts.long_burn > out.next.peak.long_burn) {
    out.next.peak = condition.facts;
  }
  return out;
}

std::string dedup_key(std::string_view slo, std::string_view severity, Instant since) {
  const unsigned char separator = 0;
  Fnv1a hash;
  hash.add(slo).add(separator).add(severity).add(separator);
  hash.add(fmt::format("{}", since.time_since_epoch().count()));
  return "slod-" + hash.hex();
}

boost::json::object to_json(const Facts& facts) {
  boost::json::object out;
  out["long_window_seconds"] = seconds(facts.long_window);
  out["short_window_seconds"] = seconds(facts.short_window);
  out["factor"] = facts.factor;
  out["long_burn_rate"] = number(facts.long_burn);
  out["short_burn_rate"] = number(facts.short_burn);
  out["long_bad"] = facts.long_bad;
  out["long_total"] = facts.long_total;
  out["long_spent_ratio"] = number(facts.long_spent);
  out["spent_ratio"] = number(facts.spent);
  out["remaining_ratio"] = number(facts.remaining);
  out["sli_ratio"] = number(facts.sli);
  return out;
}

std::expected<Facts, std::string> facts_from_json(const boost::json::value* value) {
  if (value == nullptr || !value->is_object()) {
    return std::unexpected("expected \"facts\" to be an object");
  }
  Fields fields(value->get_object());
  Facts facts;
  fields.seconds("long_window_seconds", facts.long_window);
  fields.seconds("short_window_seconds", facts.short_window);
  fields.number("factor", facts.factor);
  fields.number("long_burn_rate", facts.long_burn);
  fields.number("short_burn_rate", facts.short_burn);
  fields.number("long_bad", facts.long_bad);
  fields.number("long_total", facts.long_total);
  fields.number("long_spent_ratio", facts.long_spent);
  fields.number("spent_ratio", facts.spent);
  fields.number("remaining_ratio", facts.remaining);
  fields.number("sli_ratio", facts.sli);
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  return facts;
}

boost::json::object to_json(const Episode& episode) {
  const auto time = [](std::optional<Instant> at) -> boost::json::value {
    if (!at) return nullptr;
    return boost::json::string(format_instant(*at));
  };
  boost::json::object out;
  out["key"] = valid_utf8(episode.key);
  out["slo"] = valid_utf8(episode.slo);
  out["severity"] = valid_utf8(episode.severity);
  out["state"] = to_string(episode.state);
  out["since"] = format_instant(episode.since);
  out["fired_at"] = time(episode.fired_at);
  out["resolved_at"] = time(episode.resolved_at);
  out["facts"] = to_json(episode.facts);
  out["peak"] = to_json(episode.peak);
  return out;
}

std::expected<Episode, std::string> episode_from_json(const boost::json::value& value) {
  if (!value.is_object()) return std::unexpected("expected a stored episode to be an object");
  const boost::json::object& object = value.get_object();
  Fields fields(object);
  Episode episode;
  fields.text("key", episode.key);
  fields.text("slo", episode.slo);
  fields.text("severity", episode.severity);
  std::string state;
  fields.text("state", state);
  if (const auto known = parse_state(state)) {
    episode.state = *known;
  } else {
    fields.expected("state", "inactive, pending, firing or resolved");
  }
  fields.instant("since", episode.since);
  fields.instant("fired_at", episode.fired_at);
  fields.instant("resolved_at", episode.resolved_at);
  if (is_open(episode.state) && episode.key.empty()) fields.expected("key", "a dedup key");
  if (episode.state == State::firing && !episode.fired_at) {
    fields.expected("fired_at", "the time at which a firing episode fired");
  }
  auto facts = facts_from_json(object.if_contains("facts"));
  if (!facts) fields.fail(std::move(facts.error()));
  // Episodes that an older slod stored have no peak.
  const boost::json::value* stored_peak = object.if_contains("peak");
  auto peak = stored_peak ? facts_from_json(stored_peak) : Facts{};
  if (!peak) fields.fail("peak: " + peak.error());
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  episode.facts = *facts;
  episode.peak = *peak;
  return episode;
}

}  // namespace slod::alert
