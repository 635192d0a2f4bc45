#include "daemon/commands/freeze.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <cstdio>

#include "daemon/commands/fetch.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr int no_answer = 3;

int give_up(const std::string& why) {
  fmt::print(stderr, "slod freeze: no answer: {}\n", why);
  return no_answer;
}

std::string url_of(const FreezeQuestion& question) {
  const auto escape = [](const std::string& text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
  };
  std::string server = question.server;
  while (server.ends_with('/')) server.pop_back();
  return fmt::format("{}/freeze/{}?change={}", server, escape(question.service),
                     escape(question.change));
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

/// "deny: feature for api (feature_freeze): 63.0 % of ...; thaws at the earliest 2026-..."
std::string line_of(const json::object& verdict) {
  std::string line =
      fmt::format("{}: {} for {} ({})", text_of(verdict, "verdict"), text_of(verdict, "change"),
                  text_of(verdict, "service"), text_of(verdict, "level"));
  const json::value* reasons = verdict.if_contains("reasons");
  char separator = ':';
  if (reasons && reasons->is_array()) {
    for (const json::value& reason : reasons->get_array()) {
      if (!reason.is_object()) continue;
      line += fmt::format("{} {}", separator, text_of(reason.get_object(), "message"));
      separator = ';';
    }
  }
  const std::string thaw = text_of(verdict, "earliest_thaw");
  if (!thaw.empty()) line += fmt::format("{} thaws at the earliest {}", separator, thaw);
  return line;
}

}  // namespace

int ask_freeze(const FreezeQuestion& question) {
  auto answers = fetch_all({{.url = url_of(question), .timeout = std::chrono::seconds(10)}});
  if (!answers[0]) return give_up(answers[0].error().message);
  const Reply& reply = *answers[0];
  boost::system::error_code error;
  const json::value value = json::parse(reply.body, error);
  const json::object* verdict = error ? nullptr : value.if_object();
  if (!verdict) {
    return give_up(fmt::format("expected JSON from {}, found status {} with something else",
                               question.server, reply.status));
  }
  if (reply.status != 200) return give_up(text_of(*verdict, "error"));
  if (question.as_json) {
    fmt::print("{}", reply.body);
  } else {
    fmt::print("{}\n", line_of(*verdict));
  }
  const std::string outcome = text_of(*verdict, "verdict");
  if (outcome == "allow") return 0;
  if (outcome == "deny") return 1;
  return outcome == "inconclusive" ? 2 : give_up("expected a verdict, found none");
}

}  // namespace slod
