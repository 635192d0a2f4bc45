#include "daemon/commands/answer.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <cstdio>

#include "daemon/commands/command_line.h"
#include "daemon/commands/say.h"

namespace slod {

namespace json = boost::json;

std::string escaped(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

std::optional<json::object> object_in(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return value.get_object();
}

std::string no_answer_because(const FetchError& error) {
  return "no answer: " + error.message;
}

std::expected<json::object, std::string> object_of(const Answer& answer) {
  if (!answer) return std::unexpected(no_answer_because(answer.error()));
  auto body = object_in(answer->body);
  if (!body) {
    return std::unexpected(fmt::format(
        "the answer has status {} and is not JSON: this is probably not slod", answer->status));
  }
  if (answer->status != 200) {
    const std::string why = text_of(*body, "error");
    return std::unexpected(why.empty() ? fmt::format("the answer has status {}", answer->status)
                                       : why);
  }
  return std::move(*body);
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

std::optional<double> number_of(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  if (!member || !member->is_number()) return std::nullopt;
  return member->to_number<double>();
}

bool is_true(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member && member->is_bool() && member->get_bool();
}

json::object part_of(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member && member->is_object() ? member->get_object() : json::object();
}

std::vector<json::object> objects_of(const json::object& object, std::string_view key) {
  std::vector<json::object> found;
  const json::value* member = object.if_contains(key);
  if (!member || !member->is_array()) return found;
  for (const json::value& element : member->get_array()) {
    if (element.is_object()) found.push_back(element.get_object());
  }
  return found;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> found;
  const json::value* member = object.if_contains(key);
  if (!member || !member->is_array()) return found;
  for (const json::value& element : member->get_array()) {
    if (element.is_string()) found.emplace_back(element.get_string());
  }
  return found;
}

std::expected<freeze::Outcome, std::string> outcome_of(const json::object& verdict,
                                                       std::string_view service,
                                                       std::string_view change) {
  using enum freeze::Outcome;
  const std::string text = text_of(verdict, "verdict");
  const std::string of_service = text_of(verdict, "service");
  const std::string of_change = text_of(verdict, "change");
  for (const freeze::Outcome outcome : {allow, deny, inconclusive}) {
    const bool is_answer = of_service == service && of_change == change;
    if (is_answer && text == freeze::to_string(outcome)) return outcome;
  }
  return std::unexpected(fmt::format(
      R"(the answer is not a verdict on a {} for {}: verdict "{}", change "{}", service "{}")",
      change, service, text, of_change, of_service));
}

int exit_code(freeze::Outcome outcome) {
  switch (outcome) {
    case freeze::Outcome::allow:
      return 0;
    case freeze::Outcome::deny:
      return 1;
    case freeze::Outcome::inconclusive:
      return 2;
  }
  return cannot_say;
}

int give_up(std::string_view command, std::string_view why) {
  say_aside("slod {}: {}", command, why);
  return cannot_say;
}

std::string reasons_of(const json::object& verdict) {
  std::string out;
  for (const json::object& reason : objects_of(verdict, "reasons")) {
    if (text_of(reason, "kind") == "budget_left") continue;  // of interest only to who asks for all
    out += (out.empty() ? "" : "; ") + text_of(reason, "message");
  }
  return out;
}

}  // namespace slod
