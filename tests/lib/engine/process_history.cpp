#include "tests/lib/engine/process_history.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace slod {
namespace {

constexpr double objective = 0.9;
constexpr double interval = 15;
constexpr double slice = 60;
constexpr double at_most = 8;

std::string yaml_of(CountedAs counted, bool is_server, bool has_two_sources) {
  const std::map<CountedAs, std::string> slis{
      {CountedAs::bad, R"(availability: {total: requests, bad: 'requests{code="500"}'})"},
      {CountedAs::good, "availability: {total: all, good: ok}"},
      {CountedAs::throughput, "throughput: {total: requests, at_most: 8/s, slice: 1m}"},
      {CountedAs::latency, "latency: {histogram: took, below: 300ms}"}};
  const std::string targets = has_two_sources ? "'127.0.0.1:9', '127.0.0.1:10'" : "'127.0.0.1:9'";
  return fmt::format(
      R"({}
services:
  - name: api
    slos: [{{name: slo, objective: 90%, window: 1d, cold_start: observed, {}}}]
)",
      is_server ? "prometheus: [{name: p, url: 'http://127.0.0.1:9', interval: 15s}]"
                : fmt::format("scrape: [{{job: j, targets: [{}], interval: 15s}}]", targets),
      slis.at(counted));
}

std::int64_t ms(double second) {
  return at(second).time_since_epoch().count();
}

}  // namespace

ProcessHistory::ProcessHistory(CountedAs counted, const Habits& habits, bool is_server,
                               std::uint64_t seed)
    : counted_(counted),
      habits_(habits),
      is_server_(is_server),
      random_(seed),
      world_(yaml_of(counted, is_server, habits.has_two_sources), at(0)),
      skew_(habits.is_skewed ? 35 : 0) {
  const auto add_source = [&](std::string name, int processes) {
    Source source{std::move(name), {}, 0};
    for (int i = 0; i < processes; ++i) source.processes.push_back(begun(-10'000));
    sources_.push_back(std::move(source));
  };
  if (is_server) {
    add_source("prometheus/p", 3);
  } else {
    add_source("scrape/j/127.0.0.1:9", 1);
    if (habits.has_two_sources) add_source("scrape/j/127.0.0.1:10", 1);
  }
}

void ProcessHistory::run() {
  for (now_ = interval; now_ <= 12 * 3600; now_ += interval) {
    if (habits_.flips && below(100) == 0) is_other_replica_ = !is_other_replica_;
    if (habits_.sets_clock && below(500) == 0) skew_ = 35 * (below(3) - 1);
    for (Source& source : sources_) {
      for (Process& process : source.processes) change(process);
    }
    for (Source& source : sources_) {
      for (Process& process : source.processes) count(process);
      read(source);
    }
    world_.step(at(now_));
    if (std::fmod(now_, slice) == 0) end_slice();
    ASSERT_NO_FATAL_FAILURE(compare()) << "at " << now_;
  }
}

double ProcessHistory::width() const {
  const Budget& budget = world_.slo("api", "slo").budget;
  return (*budget.spent_worst_ratio - *budget.spent_least_ratio) / truth();
}

double ProcessHistory::off() const {
  return std::abs(*world_.slo("api", "slo").budget.spent_ratio - truth()) / truth();
}

double ProcessHistory::truth() const {
  return bad_ / ((1 - objective) * total_);
}

ProcessHistory::Process ProcessHistory::begun(double start) {
  Process process;
  process.instance = fmt::format("pod-{}:80", ++begun_);
  process.start = start;
  add(process, "200", start < 0 ? 1000 + below(1'000'000) : 0);
  if (!habits_.is_lazy) add(process, "500", start < 0 ? below(5000) : 0);
  return process;
}

/// The series that an event of this code counts in, without the labels of its process.
std::vector<std::string> ProcessHistory::series_of(const Process& process,
                                                   std::string_view code) const {
  switch (counted_) {
    case CountedAs::bad:
    case CountedAs::throughput:
      if (habits_.moves && code == "500") {
        return {fmt::format("requests{{code=\"500\",path=\"/{}\",", process.path)};
      }
      return {fmt::format("requests{{code=\"{}\",", code)};
    case CountedAs::good:
      if (code == "500") return {"all{"};
      return {"all{", fmt::format("ok{{code=\"{}\",", code)};
    case CountedAs::latency:
      if (code == "500") return {"took_bucket{le=\"1\",", "took_bucket{le=\"+Inf\","};
      return {"took_bucket{le=\"0.3\",", "took_bucket{le=\"1\",", "took_bucket{le=\"+Inf\","};
  }
  return {};
}

void ProcessHistory::add(Process& process, std::string_view code, double events) {
  for (const std::string& series : series_of(process, code)) process.counters[series] += events;
}

bool ProcessHistory::has(const Process& process, std::string_view code) const {
  return process.counters.contains(series_of(process, code).back());
}

void ProcessHistory::take_away(Process& process, std::string_view code) {
  const std::string series = series_of(process, code).back();
  process.counters.erase(series);
  process.shown.erase(series);
  process.stands.erase(series);
}

void ProcessHistory::change(Process& process) {
  if (habits_.restarts && below(300) == 0) {
    Process next = begun(now_ - below(14));
    next.instance = process.instance;
    next.version = process.version;
    process = std::move(next);
  }
  if (habits_.rolls_out && below(400) == 0) process = begun(now_ - below(14));
  if (habits_.renames && below(500) == 0) ++process.version;
  if (habits_.shows_history && !has(process, "404") && below(500) == 0) {
    process.counters[series_of(process, "404").back()] = 50'000 + below(1'000'000);
  }
  if (habits_.expires) expire(process);
  if (habits_.moves && below(300) == 0) {
    take_away(process, "500");
    ++process.path;
    add(process, "500", 1 + below(5));
  }
}

/// As exporters do it that forget what has not changed for ten minutes.
void ProcessHistory::expire(Process& process) {
  const std::string_view code = counted_ == CountedAs::good ? "206" : "500";
  const auto stands = process.stands.find(series_of(process, code).back());
  if (stands != process.stands.end() && stands->second >= 40) take_away(process, code);
}

void ProcessHistory::count(Process& process) {
  add(process, "200", 50 + below(100));
  const bool is_outage = static_cast<int>(now_) % 7200 < 600;
  const int errors = is_outage ? below(60) : (below(10) == 0 ? below(3) : 0);
  if (errors > 0 || has(process, "500")) add(process, "500", errors);
  if (counted_ == CountedAs::good && errors > 0) add(process, "206", 1 + below(30));
  if (has(process, "404")) add(process, "404", below(5));
}

void ProcessHistory::read(Source& source) {
  const bool is_first = now_ == interval;
  if (habits_.has_gaps && !is_first && now_ >= source.fails_until && below(200) == 0) {
    source.fails_until = now_ + interval * (1 + below(20));
  }
  if (now_ < source.fails_until) return world_.fail(source.name, at(now_));
  const auto date = habits_.is_skewed ? std::optional(at(std::floor(now_ + skew_))) : std::nullopt;
  world_.page(source.name, page(source), at(now_), date);
}

std::string ProcessHistory::page(Source& source) {
  std::string text;
  for (Process& process : source.processes) {
    const double age = is_other_replica_ ? 7 : 5;
    text += page(process, is_server_ ? fmt::format(" {}", ms(now_ + skew_ - age)) : "");
  }
  return text;
}

std::string ProcessHistory::page(Process& process, std::string_view stamp) {
  std::string text;
  const bool is_first = now_ == interval;
  std::string labels = fmt::format("version=\"{}\"", process.version);
  if (is_server_) labels += fmt::format(",job=\"j\",instance=\"{}\"", process.instance);
  if (habits_.flips) {
    labels += fmt::format(",prometheus_replica=\"{}\"", is_other_replica_ ? "b" : "a");
  }
  const bool is_behind = habits_.flips && is_other_replica_ && below(10) == 0;
  const bool dips = !is_first && (is_behind || (habits_.dips && below(200) == 0));
  for (const auto& [series, value] : process.counters) {
    double& shown = process.shown[series];
    const double now = dips && shown >= 2 ? shown - below(3) : value;
    text += fmt::format("{}{}}} {}{}\n", series, labels, now, stamp);
    int& stands = process.stands[series];
    stands = now == shown ? stands + 1 : 0;
    const bool is_history = series.contains("404") && shown == 0;
    if (now < shown) continue;
    if (!is_first && !is_history) note(series, now - shown);
    shown = now;
  }
  if (habits_.shows_start) {
    text += fmt::format("process_start_time_seconds{{{}}} {}{}\n", labels,
                        static_cast<double>(ms(process.start)) / 1000, stamp);
  }
  return text;
}

void ProcessHistory::note(const std::string& series, double events) {
  switch (counted_) {
    case CountedAs::bad:
      total_ += events;
      if (series.contains("500")) bad_ += events;
      return;
    case CountedAs::good:
      if (series.starts_with("all")) total_ += events;
      bad_ += series.starts_with("all") ? events : -events;
      return;
    case CountedAs::throughput:
      in_slice_ += events;
      return;
    case CountedAs::latency:
      if (series.contains("+Inf")) total_ += events;
      if (series.contains("+Inf")) bad_ += events;
      if (series.contains("0.3")) bad_ -= events;
      return;
  }
}

void ProcessHistory::end_slice() {
  if (counted_ != CountedAs::throughput) return;
  const double known = now_ == slice ? slice - interval : slice;
  const double events = std::exchange(in_slice_, 0);
  total_ += 1;
  if (events / known > at_most) bad_ += 1;
}

void ProcessHistory::compare() const {
  const SloSnapshot& slo = world_.slo("api", "slo");
  const Budget& budget = slo.budget;
  if (total_ == 0 || !budget.spent_ratio) return;
  ASSERT_LE(*budget.spent_least_ratio, *budget.spent_ratio);
  ASSERT_LE(*budget.spent_ratio, *budget.spent_worst_ratio);
  ASSERT_LE(*budget.spent_least_ratio, truth() + 1e-9);
  ASSERT_GE(*budget.spent_worst_ratio, truth() - 1e-9);
  const bool is_certain = *budget.spent_least_ratio == *budget.spent_worst_ratio;
  if (is_certain) ASSERT_NEAR(*budget.spent_ratio, truth(), 1e-9);
}

}  // namespace slod
