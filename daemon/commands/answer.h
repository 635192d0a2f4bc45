#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/fetch.h"
#include "lib/freeze/verdict.h"

namespace slod {

/// What a running slod answered to a command.
using Answer = std::expected<Reply, FetchError>;

/// `text` as one segment of a path or one value of a query.
std::string escaped(std::string_view text);

/// The JSON object that a body is; nullopt where it is none.
std::optional<boost::json::object> object_in(std::string_view body);

/// "no answer: " and why there was none.
std::string no_answer_because(const FetchError& error);

/// The JSON object of an answer with status 200. Error: what happened, or what slod said.
std::expected<boost::json::object, std::string> object_of(const Answer& answer);

/// A member that is a text; empty where there is none.
std::string text_of(const boost::json::object& object, std::string_view key);

/// A member that is a number; nullopt where there is none.
std::optional<double> number_of(const boost::json::object& object, std::string_view key);

/// Whether a member is there and true.
bool is_true(const boost::json::object& object, std::string_view key);

/// A member that is an object; empty where there is none.
boost::json::object part_of(const boost::json::object& object, std::string_view key);

/// The objects in a member that is a list.
std::vector<boost::json::object> objects_of(const boost::json::object& object,
                                            std::string_view key);

/// The texts in a member that is a list.
std::vector<std::string> texts_of(const boost::json::object& object, std::string_view key);

/// What a verdict says of this change of this service. Error: the answer is no such verdict, as of
/// a server that is not slod or that answers another question.
std::expected<freeze::Outcome, std::string> outcome_of(const boost::json::object& verdict,
                                                       std::string_view service,
                                                       std::string_view change);

/// What the commands that ask for a verdict exit with: 0 allow, 1 deny, 2 inconclusive.
int exit_code(freeze::Outcome outcome);

/// Says on stderr why `slod COMMAND` has no answer. Returns the exit code for that: 3.
int give_up(std::string_view command, std::string_view why);

/// The messages of a verdict's reasons: "63.0 % of ... is spent; ..."; empty where there are none.
std::string reasons_of(const boost::json::object& verdict);

}  // namespace slod
