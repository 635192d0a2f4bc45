#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>

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

/// For the store and the outbox. Reading back trusts nothing (nullptr: there are none); an error
/// says what was expected and found.
boost::json::object to_json(const Facts& facts);
std::expected<Facts, std::string> facts_from_json(const boost::json::value* value);

}  // namespace slod::alert
