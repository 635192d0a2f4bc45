#include "daemon/commands/rollout_observer.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <string_view>
#include <utility>

#include "daemon/commands/answer.h"

namespace slod {
namespace {

namespace json = boost::json;

/// What one SLO counted since the watch began, or with `has_counts` false only that it exists.
freeze::GateSlo slo_of(const json::object& answer, bool has_counts) {
  freeze::GateSlo slo;
  slo.name = text_of(answer, "slo");
  slo.kind = text_of(answer, "kind");
  const json::object latency = part_of(answer, "latency");
  slo.quantile = number_of(latency, "quantile");
  for (const json::object& alert : objects_of(answer, "alerts")) {
    slo.pages |= text_of(alert, "severity") == "page" && text_of(alert, "state") == "firing";
  }
  if (!has_counts) return slo;
  slo.total = number_of(answer, "total");
  slo.bad = number_of(answer, "bad");
  slo.coverage = number_of(answer, "coverage_ratio");
  if (slo.quantile) slo.quantile_seconds = number_of(latency, "value_seconds");
  return slo;
}

/// What slod says of the window that it was asked for, without its name: here it is --for.
std::string without_window(const std::string& why) {
  constexpr std::string_view name = "window: ";
  return why.starts_with(name) ? why.substr(name.size()) : why;
}

}  // namespace

RolloutObserver::RolloutObserver(SlodClient client, std::string service, const std::string& change)
    : client_(std::move(client)),
      service_(std::move(service)),
      change_(change),
      verdict_path_(SlodClient::freeze_path(service_, change)) {}

std::expected<freeze::GateReading, std::string> RolloutObserver::begin(
    const freeze::GateTerms& terms) {
  const auto answers = client_.get_all({verdict_path_, "/api/v1/slos"});
  freeze::GateReading reading;
  if (auto wrong = read_verdict(answers[0], reading)) return std::unexpected(*wrong);
  if (auto wrong = read_slos(answers[1], reading)) return std::unexpected(*wrong);
  slos_ = reading.slos;
  if (auto fits = freeze::check(terms, service_, reading.slos); !fits) {
    return std::unexpected(fits.error());
  }
  for (const Answer& answer : client_.get_all(slo_paths(terms.length))) {
    const auto slo = object_of(answer);
    if (slo) continue;
    const bool is_refused = answer && answer->status == 400;
    return std::unexpected(is_refused ? "--for: " + without_window(slo.error()) : slo.error());
  }
  return reading;
}

std::expected<freeze::GateReading, std::string> RolloutObserver::look(Duration elapsed) {
  auto paths = slo_paths(elapsed);
  paths.push_back(verdict_path_);
  const auto answers = client_.get_all(paths);
  freeze::GateReading reading;
  if (auto wrong = read_verdict(answers.back(), reading)) return std::unexpected(*wrong);
  for (std::size_t i = 0; i < slos_.size(); ++i) {
    // 400: the watch is younger than the shortest time that the SLO can answer for.
    if (!answers[i] || answers[i]->status != 400) {
      const auto slo = object_of(answers[i]);
      if (!slo) return std::unexpected(slo.error());
      slos_[i] = slo_of(*slo, true);
    }
    reading.slos.push_back(slos_[i]);
  }
  return reading;
}

std::vector<std::string> RolloutObserver::slo_paths(Duration window) const {
  std::vector<std::string> paths;
  paths.reserve(slos_.size() + 1);
  for (const freeze::GateSlo& slo : slos_) {
    paths.push_back(fmt::format("/api/v1/slos/{}/{}?window={}", escaped(service_),
                                escaped(slo.name), format_duration(window)));
  }
  return paths;
}

std::optional<std::string> RolloutObserver::read_verdict(const Answer& answer,
                                                         freeze::GateReading& reading) const {
  const auto verdict = object_of(answer);
  if (!verdict) return verdict.error();
  const auto outcome = outcome_of(*verdict, service_, change_);
  if (!outcome) return outcome.error();
  reading.verdict = *outcome;
  reading.why = reasons_of(*verdict);
  return std::nullopt;
}

/// The SLOs of the service, without counts.
std::optional<std::string> RolloutObserver::read_slos(const Answer& answer,
                                                      freeze::GateReading& reading) const {
  const auto list = object_of(answer);
  if (!list) return list.error();
  if (!list->contains("slos")) return "the answer to /api/v1/slos has no list of SLOs";
  for (const json::object& slo : objects_of(*list, "slos")) {
    if (text_of(slo, "service") == service_) reading.slos.push_back(slo_of(slo, false));
  }
  return std::nullopt;
}

}  // namespace slod
