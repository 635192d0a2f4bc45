#include "daemon/commands/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <expected>
#include <utility>

#include "daemon/commands/add_command.h"
#include "daemon/commands/answer.h"
#include "daemon/commands/progress_line.h"
#include "daemon/commands/rollout_observer.h"
#include "daemon/commands/say.h"
#include "lib/config/scalars.h"
#include "lib/freeze/gate.h"
#include "lib/json/nullable.h"
#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr Duration longest_poll{5'000};
constexpr Duration shortest_poll{200};

/// The terms as values. Error: the option, what was expected, what was found.
std::expected<freeze::GateTerms, std::string> terms_of(const GateArguments& arguments) {
  freeze::GateTerms terms;
  terms.events_min = arguments.min_events;
  const auto positive = config::duration(Duration(1), std::chrono::days(365));
  const auto length = positive.parse(arguments.length);
  if (!length) return std::unexpected("--for: " + length.error());
  terms.length = *length;
  if (!arguments.max_error_ratio.empty()) {
    const auto ratio = config::ratio(0, 1, false).parse(arguments.max_error_ratio);
    if (!ratio) return std::unexpected("--max-error-ratio: " + ratio.error());
    terms.errors_max = *ratio;
  }
  if (!arguments.max_p99.empty()) {
    const auto p99 = positive.parse(arguments.max_p99);
    if (!p99) return std::unexpected("--max-p99: " + p99.error());
    terms.p99_max = *p99;
  }
  return terms;
}

void wait_until(steady_clock::time_point when) {
  boost::asio::io_context loop(1);
  boost::asio::steady_timer timer(loop, when);
  timer.wait();
}

/// What was seen of one SLO during the watch; null: nothing was.
json::object json_of(const freeze::GateSlo& slo) {
  std::optional<double> error_ratio;
  if (slo.total.value_or(0) > 0 && slo.bad) error_ratio = *slo.bad / *slo.total;
  json::object out{{"slo", slo.name},
                   {"kind", slo.kind},
                   {"total", nullable(slo.total)},
                   {"bad", nullable(slo.bad)},
                   {"error_ratio", nullable(error_ratio)},
                   {"coverage_ratio", nullable(slo.coverage)},
                   {"latency", nullptr}};
  if (slo.quantile) {
    out["latency"] = {{"quantile", *slo.quantile},
                      {"value_seconds", nullable(slo.quantile_seconds)}};
  }
  return out;
}

void print_outcome(const GateArguments& arguments, const freeze::GateReading& reading,
                   Duration length, Duration elapsed, freeze::Outcome outcome,
                   const std::string& message) {
  if (!arguments.as_json) {
    say("{}: {} for {} after {}: {}", to_string(outcome), arguments.change, arguments.service,
        whole_seconds(elapsed), message);
    return;
  }
  json::array slos;
  for (const freeze::GateSlo& slo : reading.slos) slos.push_back(json_of(slo));
  say("{}", json_text(json::object{{"service", arguments.service},
                                   {"change", arguments.change},
                                   {"verdict", to_string(outcome)},
                                   {"message", message},
                                   {"watched_seconds", seconds(elapsed)},
                                   {"length_seconds", seconds(length)},
                                   {"slos", std::move(slos)}}));
}

int watch(const GateArguments& arguments, const freeze::GateTerms& terms, RolloutObserver observer,
          freeze::GateReading reading) {
  const auto begin = steady_clock::now();
  const auto since = [&] { return std::chrono::floor<Duration>(steady_clock::now() - begin); };
  const Duration poll = std::clamp(terms.length / 60, shortest_poll, longest_poll);
  const Duration patience =
      std::clamp<Duration>(terms.length / 10, std::chrono::seconds(1), std::chrono::seconds(30));
  freeze::Gate gate(terms);
  ProgressLine progress(terms.length);
  Duration elapsed{0};
  Duration answered_at{0};
  for (;;) {
    const auto decision = gate.take(arguments.service, reading, elapsed);
    if (decision.outcome) {
      progress.clear();
      print_outcome(arguments, reading, terms.length, elapsed, *decision.outcome, decision.message);
      return exit_code(*decision.outcome);
    }
    progress.show(elapsed, decision.message);
    for (;;) {
      wait_until(begin + std::min(since() + poll, std::max(terms.length, since() + shortest_poll)));
      elapsed = since();
      auto look = observer.look(elapsed);
      if (look) {
        reading = std::move(*look);
        answered_at = elapsed;
        break;
      }
      if (elapsed - answered_at >= patience) return give_up("gate", look.error());
      progress.show(elapsed, look.error());
    }
  }
}

}  // namespace

int watch_gate(const GateArguments& arguments) {
  const auto terms = terms_of(arguments);
  if (!terms) return give_up("gate", terms.error());
  RolloutObserver observer(SlodClient(arguments.server), arguments.service, arguments.change);
  auto reading = observer.begin(*terms);
  if (!reading) return give_up("gate", reading.error());
  return watch(arguments, *terms, std::move(observer), std::move(*reading));
}

void add_gate(CLI::App& slod, int& exit_code) {
  auto [command, arguments] =
      add_command(slod, exit_code, "gate",
                  "Watch a rollout: exit 0 it went well, 1 it did not, 2 inconclusive", watch_gate);
  command.add_option("SERVICE", arguments.service, "A configured service")->required();
  command.add_option("--for", arguments.length, "How long to watch, such as 5m")->required();
  command.add_option("--max-error-ratio", arguments.max_error_ratio,
                     "Maximum error ratio during the watch, such as 1%");
  command.add_option("--max-p99", arguments.max_p99,
                     "Maximum p99 latency during the watch, such as 500ms");
  command
      .add_option("--min-events", arguments.min_events,
                  "Minimum number of requests for an error ratio to count; 10 if not given")
      ->check(CLI::NonNegativeNumber);
  add_change_option(command, arguments.change);
  add_server_option(command, "--server", arguments.server);
  command.add_flag("--json", arguments.as_json, "Print the outcome as JSON");
}

}  // namespace slod
