#include "daemon/commands/gate.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <expected>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/api/or_null.h"
#include "daemon/commands/answer.h"
#include "daemon/commands/fetch.h"
#include "lib/config/scalars.h"
#include "lib/freeze/gate.h"
#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr Duration longest_poll{5'000};
constexpr Duration shortest_poll{200};

/// The terms as values. Error: the option, what was expected, what was found.
std::expected<freeze::GateTerms, std::string> terms_of(const GateQuestion& question) {
  freeze::GateTerms terms;
  terms.events_min = question.min_events;
  const auto positive = config::duration(Duration(1), std::chrono::days(365));
  const auto length = positive.parse(question.length);
  if (!length) return std::unexpected("--for: " + length.error());
  terms.length = *length;
  if (!question.max_error_ratio.empty()) {
    const auto ratio = config::ratio(0, 1, false).parse(question.max_error_ratio);
    if (!ratio) return std::unexpected("--max-error-ratio: " + ratio.error());
    terms.errors_max = *ratio;
  }
  if (!question.max_p99.empty()) {
    const auto p99 = positive.parse(question.max_p99);
    if (!p99) return std::unexpected("--max-p99: " + p99.error());
    terms.p99_max = *p99;
  }
  return terms;
}

/// What one SLO counted since the watch began, or with `has_counts` false only that it exists.
freeze::GateSlo slo_of(const json::object& answer, bool has_counts) {
  freeze::GateSlo slo;
  slo.name = text_of(answer, "slo");
  slo.kind = text_of(answer, "kind");
  const json::value* latency = answer.if_contains("latency");
  if (latency && latency->is_object()) slo.quantile = number_of(latency->get_object(), "quantile");
  if (const json::value* alerts = answer.if_contains("alerts"); alerts && alerts->is_array()) {
    for (const json::value& alert : alerts->get_array()) {
      slo.pages |= alert.is_object() && text_of(alert.get_object(), "severity") == "page" &&
                   text_of(alert.get_object(), "state") == "firing";
    }
  }
  if (!has_counts) return slo;
  slo.total = number_of(answer, "total");
  slo.bad = number_of(answer, "bad");
  slo.coverage = number_of(answer, "coverage_ratio");
  if (slo.quantile) slo.quantile_seconds = number_of(latency->get_object(), "value_seconds");
  return slo;
}

/// Asks a running slod about one service.
class Observer {
 public:
  explicit Observer(const GateQuestion& question)
      : service_(question.service), change_(question.change), server_(base_of(question.server)) {
    verdict_url_ =
        fmt::format("{}/freeze/{}?change={}", server_, escaped(service_), escaped(change_));
  }

  /// What the service has, without counts. Error: why not, or that `terms` do not fit.
  std::expected<freeze::GateReading, std::string> begin(const freeze::GateTerms& terms) {
    auto answers = fetch_all({{.url = verdict_url_}, {.url = server_ + "/api/v1/slos"}});
    freeze::GateReading reading;
    if (auto wrong = read_verdict(answers[0], reading)) return std::unexpected(*wrong);
    const auto list = object_of(answers[1]);
    if (!list) return std::unexpected(list.error());
    const json::value* slos = list->if_contains("slos");
    if (!slos || !slos->is_array()) return std::unexpected("expected a list of SLOs, found none");
    for (const json::value& slo : slos->get_array()) {
      if (!slo.is_object() || text_of(slo.get_object(), "service") != service_) continue;
      reading.slos.push_back(slo_of(slo.get_object(), false));
    }
    slos_ = reading.slos;
    if (auto fits = freeze::check(terms, service_, reading.slos); !fits) {
      return std::unexpected(fits.error());
    }
    for (const auto& answer : fetch_all(questions(terms.length))) {
      const auto slo = object_of(answer);
      if (slo) continue;
      const bool is_refused = answer && answer->status == 400;
      return std::unexpected((is_refused ? "--for: " : "") + slo.error());
    }
    return reading;
  }

  /// What happened in the last `elapsed`.
  std::expected<freeze::GateReading, std::string> look(Duration elapsed) {
    auto requests = questions(elapsed);
    requests.push_back({.url = verdict_url_});
    const auto answers = fetch_all(std::move(requests));
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

 private:
  std::vector<Fetch> questions(Duration window) const {
    std::vector<Fetch> requests;
    requests.reserve(slos_.size() + 1);
    for (const freeze::GateSlo& slo : slos_) {
      requests.push_back(
          {.url = fmt::format("{}/api/v1/slos/{}/{}?window={}", server_, escaped(service_),
                              escaped(slo.name), format_duration(window))});
    }
    return requests;
  }

  std::optional<std::string> read_verdict(const Answer& answer,
                                          freeze::GateReading& reading) const {
    const auto verdict = object_of(answer);
    if (!verdict) return verdict.error();
    const auto outcome = outcome_of(*verdict, service_, change_);
    if (!outcome) return outcome.error();
    reading.verdict = *outcome;
    reading.why = reasons_of(*verdict);
    return std::nullopt;
  }

  std::string service_;
  std::string change_;
  std::string server_;
  std::string verdict_url_;
  std::vector<freeze::GateSlo> slos_;  ///< as they were last seen
};

/// How long a watch took, as people write it: "4m13s".
std::string whole_seconds(Duration elapsed) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(elapsed));
}

/// One line that is rewritten on a terminal; elsewhere a line for each tenth of the watch that has
/// something new to say.
class ProgressLine {
 public:
  explicit ProgressLine(Duration length) : length_(length), is_terminal_(isatty(2) == 1) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(Duration elapsed, std::string_view message) {
    std::string line =
        fmt::format("{} of {}: {}", whole_seconds(elapsed), format_duration(length_), message);
    if (is_terminal_) {
      // A line that wraps could not be taken back.
      winsize window{};
      if (ioctl(2, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
        line.resize(std::min<std::size_t>(line.size(), window.ws_col - 1U));
      }
      fmt::print(stderr, "\r\x1b[K{}", line);
      is_dirty_ = true;
    } else if (const auto tenth = elapsed * 10 / length_; tenth > shown_tenth_ && line != shown_) {
      shown_tenth_ = tenth;
      fmt::print(stderr, "{}\n", line);
      shown_ = std::move(line);
    }
  }

  void clear() {
    if (std::exchange(is_dirty_, false)) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  Duration length_;
  bool is_terminal_;
  bool is_dirty_ = false;
  std::int64_t shown_tenth_ = -1;
  std::string shown_;
};

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
                   {"total", or_null(slo.total)},
                   {"bad", or_null(slo.bad)},
                   {"error_ratio", or_null(error_ratio)},
                   {"coverage_ratio", or_null(slo.coverage)},
                   {"latency", nullptr}};
  if (slo.quantile) {
    out["latency"] = {{"quantile", *slo.quantile},
                      {"value_seconds", or_null(slo.quantile_seconds)}};
  }
  return out;
}

void print_outcome(const GateQuestion& question, const freeze::GateReading& reading,
                   Duration length, Duration elapsed, freeze::Outcome outcome,
                   const std::string& message) {
  if (!question.as_json) {
    fmt::print("{}: {} for {} after {}: {}\n", to_string(outcome), question.change,
               question.service, whole_seconds(elapsed), message);
    return;
  }
  json::array slos;
  for (const freeze::GateSlo& slo : reading.slos) slos.push_back(json_of(slo));
  fmt::print("{}\n", json_text(json::object{{"service", question.service},
                                            {"change", question.change},
                                            {"verdict", to_string(outcome)},
                                            {"message", message},
                                            {"watched_seconds", seconds(elapsed)},
                                            {"length_seconds", seconds(length)},
                                            {"slos", std::move(slos)}}));
}

int watch(const GateQuestion& question, const freeze::GateTerms& terms, Observer observer,
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
    const auto decision = gate.take(question.service, reading, elapsed);
    if (decision.outcome) {
      progress.clear();
      print_outcome(question, reading, terms.length, elapsed, *decision.outcome, decision.message);
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

int watch_gate(const GateQuestion& question) {
  const auto terms = terms_of(question);
  if (!terms) return give_up("gate", terms.error());
  Observer observer(question);
  auto reading = observer.begin(*terms);
  if (!reading) return give_up("gate", reading.error());
  return watch(question, *terms, std::move(observer), std::move(*reading));
}

}  // namespace slod
