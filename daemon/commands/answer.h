#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/net/client.h"

namespace slod {

/// What a running slod answered to a command.
using Answer = std::expected<Reply, FetchError>;

/// The URL of a server without slashes at its end, so that paths can be appended.
std::string base_of(std::string server);

/// `text` as one segment of a path or one value of a query.
std::string escaped(std::string_view text);

/// The JSON object of an answer with status 200. Error: what happened, or what slod said.
std::expected<boost::json::object, std::string> object_of(const Answer& answer);

/// A member that is a text; empty where there is none.
std::string text_of(const boost::json::object& object, std::string_view key);

/// A member that is a number; nullopt where there is none.
std::optional<double> number_of(const boost::json::object& object, std::string_view key);

/// The messages of a verdict's reasons: "63.0 % of ... is spent; ..."; empty where there are none.
std::string reasons_of(const boost::json::object& verdict);

}  // namespace slod
