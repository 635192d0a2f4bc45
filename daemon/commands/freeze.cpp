#include "daemon/commands/freeze.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/commands/answer.h"
#include "daemon/commands/fetch.h"

namespace slod {
namespace {

namespace json = boost::json;

/// "deny: feature for api (feature_freeze): 63.0 % of ...; thaws at the earliest 2026-..."
std::string line_of(const json::object& verdict) {
  std::string line =
      fmt::format("{}: {} for {} ({})", text_of(verdict, "verdict"), text_of(verdict, "change"),
                  text_of(verdict, "service"), text_of(verdict, "level"));
  const std::string reasons = reasons_of(verdict);
  if (!reasons.empty()) line += ": " + reasons;
  const std::string thaw = text_of(verdict, "earliest_thaw");
  if (!thaw.empty()) {
    line += fmt::format("{} thaws at the earliest {}", reasons.empty() ? ':' : ';', thaw);
  }
  return line;
}

}  // namespace

int ask_freeze(const FreezeQuestion& question) {
  const auto answers =
      fetch_all({{.url = fmt::format("{}/freeze/{}?change={}", base_of(question.server),
                                     escaped(question.service), escaped(question.change))}});
  const auto verdict = object_of(answers[0]);
  if (!verdict) return give_up("freeze", verdict.error());
  const auto outcome = outcome_of(*verdict, question.service, question.change);
  if (!outcome) return give_up("freeze", outcome.error());
  if (question.as_json) {
    fmt::print("{}", answers[0]->body);
  } else {
    fmt::print("{}\n", line_of(*verdict));
  }
  return exit_code(*outcome);
}

}  // namespace slod
