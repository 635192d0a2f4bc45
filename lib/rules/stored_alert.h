#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <map>
#include <string>

#include "lib/rules/group.h"
#include "lib/rules/status.h"

namespace slod::rules {

/// An alert as it is kept among the episodes, and the rule that it is of.
struct StoredAlert {
  std::string file;
  std::string group;
  std::string rule;                                ///< Rule::alert
  std::map<std::string, std::string> rule_labels;  ///< Rule::labels
  std::string expr;                                ///< Rule::expr
  Duration interval{};                             ///< Group::interval; not stored
  AlertStatus alert;

  bool is_of(const Rule& other) const { return rule == other.alert && rule_labels == other.labels; }
};

StoredAlert stored_alert(const Group& group, const Rule& rule, AlertStatus alert);

/// Whether a stored episode is a rule's alert.
bool is_stored_alert(const boost::json::value& episode);

boost::json::object to_json(const StoredAlert& stored);
/// Trusts nothing; an error says what was expected and found. Only what is pending, firing or
/// inactive, with all that belongs to it, is read.
std::expected<StoredAlert, std::string> stored_alert_from_json(const boost::json::value& value);

}  // namespace slod::rules
