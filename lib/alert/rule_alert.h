#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <map>
#include <string>

#include "lib/time/instant.h"

namespace slod::alert {

/// What a rule's alert says of itself, where a notice is about one and not about an SLO.
struct RuleAlert {
  std::string name;                                ///< alertname
  std::map<std::string, std::string> labels;       ///< with alertname
  std::map<std::string, std::string> annotations;  ///< expanded
  std::string expr;                                ///< as written
  double value = 0;                                ///< of the expression, as last seen
  Duration interval{};                             ///< between two evaluations; 0: not known

  bool operator==(const RuleAlert&) const = default;
};

/// One line without a state, never empty: what the alert's annotations summary, title or message
/// say, else its name and labels: `HighErrorRate{instance="a:80", job="api"}`.
std::string headline(const RuleAlert& alert);

/// A few lines: what the annotations description or message add to the headline, the value and
/// the labels.
std::string particulars(const RuleAlert& alert);

/// Texts as labels or annotations are sent: valid UTF-8, sorted by name, without empty ones.
boost::json::object without_blanks(const std::map<std::string, std::string>& texts);

/// For the outbox; texts become valid UTF-8. Reading back trusts nothing; an error says what was
/// expected and found.
boost::json::object to_json(const RuleAlert& alert);
std::expected<RuleAlert, std::string> rule_alert_from_json(const boost::json::value& value);

}  // namespace slod::alert
