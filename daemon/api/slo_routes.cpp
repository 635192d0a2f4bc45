#include "daemon/api/slo_routes.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "daemon/api/daemon.h"
#include "daemon/api/json_response.h"
#include "daemon/api/known_parameters.h"
#include "daemon/api/slo_json.h"

namespace slod {
namespace {

constexpr std::size_t slices_default = 240;
constexpr std::size_t slices_max = 1000;

Response unknown_slo(std::string_view service, std::string_view name) {
  return json_error(404, fmt::format("expected SERVICE/SLO of a configured SLO, found \"{}/{}\"; "
                                     "GET /api/v1/slos lists them",
                                     service, name));
}

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
  const auto answer = engine.slos().over_window(slo.definition->id(), *window, now);
  if (!answer || !*answer) {
    return std::unexpected("window: " + (answer ? answer->error() : "the SLO was removed"));
  }
  return to_json(slo, **answer, *window, now);
}

/// How many slices a history is asked to have.
std::expected<std::size_t, std::string> slices_of(const Request& request) {
  const std::string* text = request.parameter("slices");
  if (!text) return slices_default;
  std::size_t slices = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, slices);
  if (error == std::errc() && stop == end && slices >= 1 && slices <= slices_max) return slices;
  return std::unexpected(
      fmt::format("slices: expected a number from 1 to {}, found \"{}\"", slices_max, *text));
}

}  // namespace

RouteReply slos(Daemon& daemon, const Request& request) {
  const auto window = window_of(request);
  if (!window) return json_error(400, window.error());
  const auto snapshot = daemon.engine().snapshot();
  boost::json::array slos;
  for (const SloSnapshot& slo : snapshot->slos) {
    auto answer = slo_answer(daemon.engine(), slo, *window, daemon.now());
    if (!answer) {
      return json_error(400,
                        fmt::format("{} (of {})", answer.error(), to_text(slo.definition->id())));
    }
    slos.push_back(std::move(*answer));
  }
  return json_response(200, {{"slos", std::move(slos)}});
}

RouteReply slo(Daemon& daemon, const Request& request, std::string_view service,
               std::string_view name) {
  const auto window = window_of(request);
  if (!window) return json_error(400, window.error());
  const auto snapshot = daemon.engine().snapshot();
  const SloSnapshot* slo = snapshot->slo(service, name);
  if (!slo) return unknown_slo(service, name);
  auto answer = slo_answer(daemon.engine(), *slo, *window, daemon.now());
  if (!answer) return json_error(400, answer.error());
  boost::json::object whole = std::move(*answer);
  add_details(*slo, whole);
  return json_response(200, whole);
}

RouteReply slo_history(Daemon& daemon, const Request& request, std::string_view service,
                       std::string_view name) {
  if (auto why = unknown_parameter(request, {"last", "slices"}); !why.empty()) {
    return json_error(400, why);
  }
  const auto last = length_of(request, "last");
  if (!last) return json_error(400, last.error());
  const auto slices = slices_of(request);
  if (!slices) return json_error(400, slices.error());
  const SloId id{std::string(service), std::string(name)};
  const auto timeline = daemon.engine().slos().timeline(id, *slices, *last, daemon.now());
  if (!timeline) return unknown_slo(service, name);
  return json_response(200, timeline_json(*timeline));
}

}  // namespace slod
