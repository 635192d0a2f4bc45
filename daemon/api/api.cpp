#include "daemon/api/api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

#include "daemon/api/openapi.h"
#include "daemon/api/past.h"
#include "daemon/api/slo_json.h"
#include "daemon/api/status_json.h"
#include "daemon/page/page.h"
#include "lib/freeze/json.h"
#include "lib/json/text.h"

namespace slod {
namespace {

/// A route is a path, or a prefix that ends in a slash and goes on with names; with a suffix, with
/// two of them and the suffix.
struct Route {
  std::string_view path;
  std::string_view pattern;
  std::string_view methods;
  std::string_view suffix = {};

  /// Between path and suffix. Precondition: it serves `whole`.
  std::string_view names_in(std::string_view whole) const {
    return whole.substr(path.size(), whole.size() - path.size() - suffix.size());
  }
  bool serves(std::string_view whole) const {
    if (path.size() == 1 || !path.ends_with('/')) return whole == path;
    if (!whole.starts_with(path) || whole.size() <= path.size() + suffix.size()) return false;
    return suffix.empty() || (whole.ends_with(suffix) && names_in(whole).contains('/'));
  }
};

constexpr std::array<Route, 18> routes{
    {{"/freeze", "/freeze", "GET, POST"},
     {"/freeze/", "/freeze/{service}", "GET, POST"},
     {"/api/v1/slos", "/api/v1/slos", "GET"},
     {"/api/v1/slos/", "/api/v1/slos/{service}/{slo}/history", "GET", "/history"},
     {"/api/v1/slos/", "/api/v1/slos/{service}/{slo}", "GET"},
     {"/api/v1/episodes", "/api/v1/episodes", "GET"},
     {"/api/v1/verdicts", "/api/v1/verdicts", "GET"},
     {"/api/v1/outbox", "/api/v1/outbox", "GET"},
     {"/api/v1/status", "/api/v1/status", "GET"},
     {"/openapi.yaml", "/openapi.yaml", "GET"},
     {"/metrics", "/metrics", "GET"},
     {"/healthz", "/healthz", "GET"},
     {"/readyz", "/readyz", "GET"},
     {"/-/reload", "/-/reload", "POST"},
     {"/-/healthy", "/-/healthy", "GET"},
     {"/-/ready", "/-/ready", "GET"},
     {"/page/", "/page/{file}", "GET"},
     {"/", "/", "GET"}}};

const Route* find_route(std::string_view path) {
  const auto found =
      std::ranges::find_if(routes, [path](const Route& route) { return route.serves(path); });
  return found == routes.end() ? nullptr : &*found;
}

/// The path of a URL, without a trailing slash: "/slod", or empty.
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

Response json_response(int status, const boost::json::value& value) {
  return {.status = status, .body = json_text(value) + "\n"};
}

Response unknown_service(std::string_view service) {
  return json_error(404, fmt::format("expected the name of a configured service, found \"{}\"; "
                                     "GET /freeze lists them",
                                     service));
}

Response unknown_slo(std::string_view id) {
  return json_error(404, fmt::format("expected SERVICE/SLO of a configured SLO, found \"{}\"; "
                                     "GET /api/v1/slos lists them",
                                     id));
}

/// Why the parameters are not among those that a path knows, each once; empty text: they are. A
/// slip in `enforce` must not open a gate without a word.
std::string unknown_parameter(const Request& request,
                              std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end()) {
      return fmt::format("expected no parameters but {}, found \"{}\"", fmt::join(known, ", "),
                         name);
    }
    if (request.parameters(name).size() > 1) {
      return fmt::format("{}: expected once, found {} times", name,
                         request.parameters(name).size());
    }
  }
  return {};
}

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

/// deny outweighs inconclusive, which outweighs allow.
freeze::Outcome worse(freeze::Outcome a, freeze::Outcome b) {
  using enum freeze::Outcome;
  if (a == deny || b == deny) return deny;
  return a == inconclusive || b == inconclusive ? inconclusive : allow;
}

}  // namespace

/// What serves a path: one of the two routes, or none.
struct Api::Place {
  const Route* own = nullptr;
  prometheus_api::Found prometheus;
  std::string_view rest;  ///< of the path, after the own route's

  bool found() const { return own != nullptr || prometheus.route != nullptr; }
  std::string_view pattern() const { return own ? own->pattern : prometheus.route->pattern; }
  std::string_view methods() const { return own ? own->methods : prometheus.route->methods; }
};

Api::Api(const Engine& engine, Clock& clock, Metrics& metrics, ApiPeers peers)
    : engine_(engine),
      clock_(clock),
      metrics_(metrics),
      peers_(std::move(peers)),
      prometheus_(peers_.prometheus) {}

Api::Place Api::find(std::string_view path) const {
  const auto at = [](std::string_view candidate) -> Place {
    if (const Route* own = find_route(candidate)) {
      return {.own = own, .prometheus = {}, .rest = own->names_in(candidate)};
    }
    return {.own = nullptr, .prometheus = prometheus_api::find_route(candidate), .rest = {}};
  };
  Place place = at(path);
  if (place.found()) return place;
  const std::string_view prefix = path_of(engine_.config().external_url);
  if (!prefix.empty() && path.starts_with(prefix)) {
    const std::string_view rest = path.substr(prefix.size());
    if (rest.empty() || rest.starts_with('/')) place = at(rest.empty() ? "/" : rest);
  }
  if (place.found()) return place;
  const std::size_t api = path.find("/api/v1/");
  return api == std::string_view::npos ? Place{} : at(path.substr(api));
}

std::string_view Api::route_of(std::string_view path) const {
  const Place place = find(path);
  return place.found() ? place.pattern() : "other";
}

RouteReply Api::answer(const Request& request) {
  const Place place = find(request.path);
  if (!place.found()) {
    return json_error(404, fmt::format("expected a path such as /freeze or /api/v1/slos, found {}",
                                       request.path));
  }
  if (place.methods().find(request.method) == std::string_view::npos) {
    Response refusal = json_error(405, fmt::format("expected {} for {}, found {}", place.methods(),
                                                   request.path, request.method));
    std::string allowed(place.methods());
    if (allowed.find("GET") != std::string::npos) allowed += ", HEAD";
    refusal.headers.emplace_back("Allow", std::move(allowed));
    return refusal;
  }
  if (place.own) return answer_own(place, request);
  return (prometheus_.*place.prometheus.route->answer)(request, place.prometheus.name);
}

RouteReply Api::answer_own(const Place& place, const Request& request) {
  const std::string_view pattern = place.own->pattern;
  if (pattern == "/freeze") return freeze_all(request);
  if (pattern == "/freeze/{service}") return freeze_one(request, place.rest);
  if (pattern == "/api/v1/slos") return slos(request);
  if (pattern == "/api/v1/slos/{service}/{slo}") return slo(request, place.rest);
  if (pattern == "/api/v1/slos/{service}/{slo}/history") return slo_history(request, place.rest);
  if (pattern == "/api/v1/episodes") return of_the_past(&past::episodes, request);
  if (pattern == "/api/v1/verdicts") return of_the_past(&past::verdicts, request);
  if (pattern == "/api/v1/outbox") return of_the_past(&past::outbox, request);
  if (pattern == "/api/v1/status") return status();
  if (pattern == "/openapi.yaml") return openapi();
  if (pattern == "/metrics") return metrics();
  if (pattern == "/readyz") return ready();
  if (pattern == "/-/reload") return reload();
  if (pattern == "/-/healthy") return is_healthy();
  if (pattern == "/-/ready") return is_ready();
  if (pattern == "/healthz") return json_response(200, {{"status", "ok"}});
  if (pattern == "/page/{file}") return page::answer_file(request, place.rest);
  return page::answer(request);
}

Response Api::freeze_all(const Request& request) {
  const auto question = question_of(request);
  if (!question) return json_error(400, question.error());
  const auto snapshot = engine_.snapshot();
  const Instant now = clock_.now();
  boost::json::array services;
  bool frozen = false;
  auto outcome = freeze::Outcome::allow;
  for (const ServiceSnapshot& service : snapshot->services) {
    const freeze::Verdict verdict = freeze::verdict(
        service.name, question->change, service.evidence, snapshot->policy, service.since, now);
    services.push_back(freeze::to_json(verdict));
    frozen = frozen || verdict.frozen;
    outcome = worse(outcome, verdict.outcome);
  }
  return json_response(status_of(outcome, question->enforce),
                       {{"services", std::move(services)}, {"frozen", frozen}});
}

Response Api::freeze_one(const Request& request, std::string_view name) {
  const auto question = question_of(request);
  if (!question) return json_error(400, question.error());
  const auto snapshot = engine_.snapshot();
  const ServiceSnapshot* service = snapshot->service(name);
  if (!service) return unknown_service(name);
  const freeze::Verdict verdict =
      freeze::verdict(service->name, question->change, service->evidence, snapshot->policy,
                      service->since, clock_.now());
  return json_response(status_of(verdict.outcome, question->enforce), freeze::to_json(verdict));
}

namespace {

std::expected<std::optional<Duration>, std::string> length_of(const Request& request,
                                                              const char* name) {
  const std::string* text = request.parameter(name);
  if (!text) return std::nullopt;
  const auto length = parse_duration(*text);
  if (!length) return std::unexpected(fmt::format("{}: {}", name, length.error()));
  if (*length <= Duration::zero()) {
    return std::unexpected(
        fmt::format("{}: expected a duration above zero, found {}", name, *text));
  }
  return *length;
}

std::expected<std::optional<Duration>, std::string> window_of(const Request& request) {
  if (auto why = unknown_parameter(request, {"window"}); !why.empty()) {
    return std::unexpected(std::move(why));
  }
  return length_of(request, "window");
}

/// The SLO as JSON, over its own window or another.
std::expected<boost::json::object, std::string> slo_answer(const Engine& engine,
                                                           const SloSnapshot& slo,
                                                           std::optional<Duration> window,
                                                           Instant now) {
  if (!window) return to_json(slo, now);
  const auto answer =
      engine.over_window(slo.definition->service, slo.definition->name, *window, now);
  if (!answer || !*answer) {
    return std::unexpected("window: " + (answer ? answer->error() : "no such SLO any more"));
  }
  return to_json(slo, **answer, *window, now);
}

}  // namespace

Response Api::slos(const Request& request) {
  const auto window = window_of(request);
  if (!window) return json_error(400, window.error());
  const auto snapshot = engine_.snapshot();
  boost::json::array slos;
  for (const SloSnapshot& slo : snapshot->slos) {
    auto answer = slo_answer(engine_, slo, *window, clock_.now());
    if (!answer) {
      return json_error(400, fmt::format("{} (of {})", answer.error(), slo.definition->id()));
    }
    slos.push_back(std::move(*answer));
  }
  return json_response(200, {{"slos", std::move(slos)}});
}

Response Api::slo(const Request& request, std::string_view rest) {
  const auto window = window_of(request);
  if (!window) return json_error(400, window.error());
  const auto snapshot = engine_.snapshot();
  const std::size_t slash = rest.find('/');
  const SloSnapshot* slo = slash == std::string_view::npos
                               ? nullptr
                               : snapshot->slo(rest.substr(0, slash), rest.substr(slash + 1));
  if (!slo) return unknown_slo(rest);
  auto answer = slo_answer(engine_, *slo, *window, clock_.now());
  if (!answer) return json_error(400, answer.error());
  boost::json::object whole = std::move(*answer);
  add_details(*slo, whole);
  return json_response(200, whole);
}

Response Api::slo_history(const Request& request, std::string_view rest) {
  if (auto why = unknown_parameter(request, {"last", "slices"}); !why.empty()) {
    return json_error(400, why);
  }
  const auto last = length_of(request, "last");
  if (!last) return json_error(400, last.error());
  std::size_t slices = 240;
  if (const std::string* text = request.parameter("slices")) {
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, slices);
    if (error != std::errc() || stop != end || slices < 1 || slices > 1000) {
      return json_error(
          400, fmt::format("slices: expected a number from 1 to 1000, found \"{}\"", *text));
    }
  }
  const Instant now = clock_.now();
  const std::size_t slash = rest.find('/');
  const auto timeline =
      engine_.timeline(rest.substr(0, slash), rest.substr(slash + 1), slices, *last, now);
  if (!timeline) return unknown_slo(rest);
  return json_response(200, timeline_json(*timeline));
}

Response Api::metrics() {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics_.text(*engine_.snapshot(), peers_.outbox_pending())};
}

Response Api::status() {
  return json_response(
      200, status_json(peers_.status(), engine_, *peers_.prometheus.last_reads, clock_.now()));
}

/// From the disk, unless it is known that it does not answer: then no thread waits for it.
RouteReply Api::of_the_past(RouteReply (*answer)(Store&, const Request&), const Request& request) {
  if (peers_.status().store_hangs) return json_error(503, "the disk does not answer");
  return answer(*peers_.store, request);
}

Response Api::openapi() {
  return {.content_type = "application/yaml; charset=utf-8",
          .body = std::string(openapi_document())};
}

Response Api::ready() {
  const std::string why = peers_.not_ready();
  if (!why.empty()) return json_error(503, why);
  return json_response(200, {{"status", "ready"}});
}

Response Api::is_healthy() {
  return {.content_type = "text/plain; charset=utf-8", .body = "slod is healthy.\n"};
}

Response Api::is_ready() {
  const std::string why = peers_.not_ready();
  if (why.empty()) return {.content_type = "text/plain; charset=utf-8", .body = "slod is ready.\n"};
  return {.status = 503, .content_type = "text/plain; charset=utf-8", .body = why + "\n"};
}

Response Api::reload() {
  const std::string why = peers_.reload();
  if (!why.empty()) return json_error(400, why);
  return json_response(200, {{"status", "reloaded"}});
}

}  // namespace slod
