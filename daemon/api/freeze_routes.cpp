#include "daemon/api/freeze_routes.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "daemon/api/daemon.h"
#include "daemon/api/json_response.h"
#include "daemon/api/known_parameters.h"
#include "daemon/api/slo_json.h"
#include "lib/freeze/json.h"
#include "lib/freeze/verdict.h"

namespace slod {
namespace {

namespace json = boost::json;

/// The answer for a service of that many SLOs takes the loop no more than a millisecond.
constexpr std::size_t slos_answered_at_once = 100;

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

freeze::Verdict verdict_of(const Snapshot& snapshot, const ServiceSnapshot& service,
                           const Question& question, Instant now) {
  return freeze::verdict(service.name, question.change, service.evidence, snapshot.policy,
                         service.since, now);
}

json::object verdict_json(const Snapshot& snapshot, const ServiceSnapshot& service,
                          const freeze::Verdict& verdict) {
  json::object shown = freeze::to_json(verdict);
  shown["alerts"] = alerts_of(snapshot, service);
  return shown;
}

Response answer_for_one(const Snapshot& snapshot, const ServiceSnapshot& service,
                        const Question& question, Instant now) {
  const freeze::Verdict verdict = verdict_of(snapshot, service, question, now);
  return json_response(status_of(verdict.outcome, question.enforce),
                       verdict_json(snapshot, service, verdict));
}

/// A service at a time: all of them as one JSON value would take ten times the memory.
Response answer_for_all(const Snapshot& snapshot, const Question& question, Instant now) {
  std::string body = R"({"services":[)";
  auto outcome = freeze::Outcome::allow;
  bool frozen = false;
  for (const ServiceSnapshot& service : snapshot.services) {
    const freeze::Verdict verdict = verdict_of(snapshot, service, question, now);
    outcome = worse(outcome, verdict.outcome);
    frozen |= verdict.frozen;
    if (&service != &snapshot.services.front()) body += ',';
    body += json_text(verdict_json(snapshot, service, verdict));
  }
  body += frozen ? R"(],"frozen":true})" : R"(],"frozen":false})";
  return {.status = status_of(outcome, question.enforce), .body = body + "\n"};
}

/// The answer to a question as a job for all who ask the same.
template <class Run>
SharedJob shared(std::string_view service, const Question& question,
                 const std::shared_ptr<const Snapshot>& snapshot, Run run) {
  return {.name = fmt::format("freeze {} {} {}", freeze::to_string(question.change),
                              question.enforce, service),
          .source = snapshot,
          .run = std::move(run),
          .is_urgent = true};
}

}  // namespace

RouteReply freeze_all(Daemon& daemon, const Request& request) {
  const auto question = question_of(request);
  if (!question) return json_error(400, question.error());
  auto snapshot = daemon.engine().snapshot();
  return shared("", *question, snapshot, [snapshot, question = *question, now = daemon.now()] {
    return answer_for_all(*snapshot, question, now);
  });
}

RouteReply freeze_one(Daemon& daemon, const Request& request, std::string_view name) {
  const auto question = question_of(request);
  if (!question) return json_error(400, question.error());
  auto snapshot = daemon.engine().snapshot();
  const ServiceSnapshot* service = snapshot->service(name);
  if (!service) {
    return json_error(404, fmt::format("expected the name of a configured service, found \"{}\"; "
                                       "GET /freeze lists them",
                                       name));
  }
  const Instant now = daemon.now();
  if (service->evidence.size() <= slos_answered_at_once) {
    return answer_for_one(*snapshot, *service, *question, now);
  }
  return shared(name, *question, snapshot, [snapshot, service, question = *question, now] {
    return answer_for_one(*snapshot, *service, question, now);
  });
}

}  // namespace slod
