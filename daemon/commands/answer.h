#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/net/client.h"
#include "lib/freeze/verdict.h"

namespace slod {

/// What a running slod answered to a command.
using Answer = std::expected<Reply, FetchError>;

/// The URL of a server without slashes at its end, so that paths can be appended.
std::string base_of(std::string server);

/// `text` as one segment of a path or one value of a query.
std::string escaped(std::string_view text);

/// The JSON object of an answer, whatever its status; nullopt where it has none.
std::optional<boost::json::object> body_of(const Answer& answer);

/// "no answer: " and why there was none.
std::string no_answer_because(const FetchError& error);

/// The JSON object of an answer with status 200. Error: what happened, or what slod said.
std::expected<boost::json::object, std::string> object_of(const Answer& answer);

/// A member that is a text; empty where there is none.
std::string text_of(const boost::json::object& object, std::string_view key);

/// A member that is a number; nullopt where there is none.
std::optional<double> number_of(const boost::json::object& object, std::string_view key);

/// What a verdict says of this change of this service. Error: what was expected, and that something
/// else was found, as from one who is not slod or who answers others' questions.
std::expected<freeze::Outcome, std::string> outcome_of(const boost::json::object& verdict,
                                                       std::string_view service,
                                                       std::string_view change);

/// What the commands that ask for a verdict exit with: 0 allow, 1 deny, 2 inconclusive.
int exit_code(freeze::Outcome outcome);
/// And where there was none, or the question was wrong.
inline constexpr int no_answer = 3;

/// Says on standard error why `slod COMMAND` cannot tell what was asked; returns no_answer.
int give_up(std::string_view command, std::string_view why);

/// The messages of a verdict's reasons: "63.0 % of ... is spent; ..."; empty where there are none.
std::string reasons_of(const boost::json::object& verdict);

}  // namespace slod
