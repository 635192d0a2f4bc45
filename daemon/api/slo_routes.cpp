#include "daemon/api/slo_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/daemon.h"
#include "daemon/api/json_response.h"
#include "daemon/api/known_parameters.h"
#include "daemon/api/prometheus/loop_call.h"
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

/// {"slos":[...]}, an SLO at a time: all of them as one JSON value would take ten times the memory.
class SlosText {
 public:
  void add(const boost::json::object& slo) {
    if (!is_empty_) body_ += ',';
    is_empty_ = false;
    body_ += json_text(slo);
  }
  Response response() && { return {.body = std::move(body_) + "]}\n"}; }

 private:
  std::string body_ = R"({"slos":[)";
  bool is_empty_ = true;
};

/// All SLOs over another window than their own. The loop looks their ledgers up, some at a time.
PoolJob over_window(Daemon& daemon, Duration window) {
  constexpr std::size_t at_a_time = 50;
  return {.run = [engine = &daemon.engine(), snapshot = daemon.engine().snapshot(),
                  post = daemon.samples().post, window,
                  now = daemon.now()](const std::stop_token& stop) -> Response {
    using Answers = std::vector<std::expected<boost::json::object, std::string>>;
    SlosText text;
    for (std::size_t begin = 0; begin < snapshot->slos.size(); begin += at_a_time) {
      const std::size_t end = std::min(begin + at_a_time, snapshot->slos.size());
      const auto answers =
          prometheus_api::on_loop(post, stop, [engine, snapshot, window, now, begin, end] {
            Answers some;
            for (std::size_t i = begin; i < end; ++i) {
              some.push_back(slo_answer(*engine, snapshot->slos[i], window, now));
            }
            return some;
          });
      if (!answers) return json_error(503, "the answer took longer than it may");
      for (std::size_t i = begin; i < end; ++i) {
        const auto& answer = (*answers)[i - begin];
        if (answer) {
          text.add(*answer);
          continue;
        }
        return json_error(400, fmt::format("{} (of {})", answer.error(),
                                           to_text(snapshot->slos[i].definition->id())));
      }
    }
    return std::move(text).response();
  }};
}

}  // namespace

RouteReply slos(Daemon& daemon, const Request& request) {
  const auto window = window_of(request);
  if (!window) return json_error(400, window.error());
  if (*window) return over_window(daemon, **window);
  auto snapshot = daemon.engine().snapshot();
  return SharedJob{.name = "slos", .source = snapshot, .run = [snapshot, now = daemon.now()] {
                     SlosText text;
                     for (const SloSnapshot& slo : snapshot->slos) text.add(to_json(slo, now));
                     return std::move(text).response();
                   }};
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
