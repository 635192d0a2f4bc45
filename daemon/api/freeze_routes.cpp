#include "daemon/api/freeze_routes.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/daemon.h"
#include "daemon/api/json_response.h"
#include "daemon/api/known_parameters.h"
#include "daemon/api/slo_json.h"
#include "lib/freeze/json.h"
#include "lib/freeze/verdict.h"

namespace slod {
namespace {

namespace json = boost::json;

/// What a caller of /freeze wants.
struct Question {
  freeze::Change change = freeze::Change::feature;
  bool enforce = false;
};

std::expected<Question, std::string> question_of(const Request& request) {
  if (auto why = unknown_parameter(request, {"change", "enforce"}); !why.empty()) {
    return std::unexpected(std::move(why));
  }
  Question question;
  if (const std::string* change = request.parameter("change")) {
    const auto parsed = freeze::parse_change(*change);
    if (!parsed) return std::unexpected("change: " + parsed.error());
    question.change = *parsed;
  }
  if (const std::string* enforce = request.parameter("enforce")) {
    if (*enforce != "1" && *enforce != "0" && *enforce != "true" && *enforce != "false") {
      return std::unexpected(fmt::format("enforce: expected 1 or 0, found \"{}\"", *enforce));
    }
    question.enforce = *enforce == "1" || *enforce == "true";
  }
  return question;
}

int status_of(freeze::Outcome outcome, bool enforce) {
  if (!enforce) return 200;
  switch (outcome) {
    case freeze::Outcome::allow:
      return 200;
    case freeze::Outcome::deny:
      return 423;
    case freeze::Outcome::inconclusive:
      return 503;
  }
  return 503;
}

/// deny comes before inconclusive, and inconclusive before allow.
freeze::Outcome worse(freeze::Outcome a, freeze::Outcome b) {
  using enum freeze::Outcome;
  if (a == deny || b == deny) return deny;
  return a == inconclusive || b == inconclusive ? inconclusive : allow;
}

/// The alerts on the budgets of a service. They decide nothing: a page comes long before a budget
/// is spent.
json::array alerts_of(const Snapshot& snapshot, const ServiceSnapshot& service) {
  json::array alerts;
  const std::span slos(snapshot.slos);
  for (const SloSnapshot& slo : slos.subspan(service.first_slo, service.evidence.size())) {
    for (json::value& alert : alerts_json(slo)) {
      alert.as_object()["slo"] = slo.definition->name;
      alerts.push_back(std::move(alert));
    }
  }
  return alerts;
}

/// The answer to a question about one service, or, without `name`, about all.
RouteReply answer(Daemon& daemon, const Request& request, std::optional<std::string_view> name) {
  const auto question = question_of(request);
  if (!question) return json_error(400, question.error());
  const auto snapshot = daemon.engine().snapshot();
  const Instant now = daemon.now();
  json::array verdicts;
  auto outcome = freeze::Outcome::allow;
  bool frozen = false;
  for (const ServiceSnapshot& service : snapshot->services) {
    if (name && service.name != *name) continue;
    const freeze::Verdict verdict = freeze::verdict(
        service.name, question->change, service.evidence, snapshot->policy, service.since, now);
    outcome = worse(outcome, verdict.outcome);
    frozen |= verdict.frozen;
    json::object shown = freeze::to_json(verdict);
    shown["alerts"] = alerts_of(*snapshot, service);
    verdicts.push_back(std::move(shown));
  }
  if (name && verdicts.empty()) {
    return json_error(404, fmt::format("expected the name of a configured service, found \"{}\"; "
                                       "GET /freeze lists them",
                                       *name));
  }
  const int status = status_of(outcome, question->enforce);
  if (name) return json_response(status, verdicts.front().as_object());
  return json_response(status, {{"services", std::move(verdicts)}, {"frozen", frozen}});
}

}  // namespace

RouteReply freeze_all(Daemon& daemon, const Request& request) {
  return answer(daemon, request, std::nullopt);
}

RouteReply freeze_one(Daemon& daemon, const Request& request, std::string_view service) {
  return answer(daemon, request, service);
}

}  // namespace slod
