#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace slod {

/// A stored episode as the API shows it: of an SLO's burn rate or of a rule's alert, which `kind`
/// says. nullopt where it cannot be read.
std::optional<boost::json::object> stored_episode_json(const std::string& key,
                                                       const boost::json::value& stored);

}  // namespace slod
