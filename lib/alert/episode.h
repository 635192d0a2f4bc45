#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod::alert {

/// The numbers behind an alert, of the rule that holds (or came nearest). A number that does not
/// exist, because nothing happened, is nullopt.
struct Facts {
  Duration long_window{};
  Duration short_window{};
  double factor = 0;                ///< the rule's
  std::optional<double> long_burn;  ///< burn rate over the long window; 1 spends it all in time
  std::optional<double> short_burn;
  double long_bad = 0;  ///< events in the long window
  double long_total = 0;
  std::optional<double> long_spent;  ///< ratio of the whole budget spent in the long window
  std::optional<double> spent;       ///< ratio of the whole budget, over the SLO's window
  std::optional<double> remaining;   ///< 1 - spent; negative when overspent
  std::optional<double> sli;         ///< ratio of good events over the SLO's window

  bool operator==(const Facts&) const = default;
};

enum class State {
  inactive,
  pending,  ///< the condition holds, but on too few events to wake anyone
  firing,
  resolved,
};
std::string_view to_string(State state);

/// One stretch of time in which an SLO's budget burned too fast for one severity. There is one
/// Episode for each (SLO, severity) at any time.
struct Episode {
  std::string key;  ///< dedup_key of this stretch, or of the last one; empty before the first
  std::string slo;  ///< "service/name"
  std::string severity;
  State state = State::inactive;
  Instant since;  ///< when the condition began to hold, in this stretch or the last one
  std::optional<Instant> fired_at;     ///< set once firing
  std::optional<Instant> resolved_at;  ///< set once resolved; never before fired_at
  Facts facts;                         ///< as last seen
  Facts peak = {};  ///< when it burned fastest in this stretch; no long_burn: that is not known

  bool operator==(const Episode&) const = default;
};

/// The condition of one (SLO, severity) at one time, over all rules of that severity.
struct Condition {
  bool holds = false;          ///< a rule's burn is above its factor over both of its windows
  bool enough_events = false;  ///< bad in its long window >= min_events; time-sliced SLIs: true
  bool observed = false;       ///< evidence is fresh: when it does not hold, that was seen
  Facts facts;
};

struct Transition {
  State from = State::inactive;
  State to = State::inactive;

  bool operator==(const Transition&) const = default;
};

struct Stepped {
  Episode next;
  std::optional<Transition> transition;  ///< only when the state changed
};

/// Moves an episode on. Only an observed recovery ends anything; missing data ends nothing.
///
/// | state              | holds, enough | holds, too few | does not, observed | not observed |
/// |--------------------|---------------|----------------|--------------------|--------------|
/// | inactive, resolved | new: firing   | new: pending   | stays              | stays        |
/// | pending            | firing        | stays          | inactive           | stays        |
/// | firing             | stays         | stays          | resolved           | stays        |
///
/// A new episode has since = now (later than the last one's, should the clock have gone back) and a
/// new key. Receivers are notified when `to` is firing or resolved. resolved_at >= fired_at >=
/// since.
Stepped step(const Episode& episode, const Condition& condition, Instant now);

/// What receivers recognise an episode by: "slod-" and 16 hex digits, the 64-bit FNV-1a hash of
/// SLO, severity and start in milliseconds, separated by zero bytes. Every node and every retry
/// says the same.
std::string dedup_key(std::string_view slo, std::string_view severity, Instant since);

/// For the store and the outbox. Reading back trusts nothing (nullptr: there are no facts); an
/// error says what was expected and found.
boost::json::object to_json(const Facts& facts);
std::expected<Facts, std::string> facts_from_json(const boost::json::value* value);
boost::json::object to_json(const Episode& episode);
std::expected<Episode, std::string> episode_from_json(const boost::json::value& value);

}  // namespace slod::alert
