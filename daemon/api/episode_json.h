#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace slod {

/// A stored episode as it is told: of an SLO's burn rate or of a rule's alert, which `kind` says.
/// nullopt where it cannot be read.
std::optional<boost::json::object> told_episode(const std::string& key,
                                                const boost::json::value& stored);

}  // namespace slod
