#include "tests/daemon/api/prometheus/asking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

#include "daemon/net/target.h"
#include "lib/config/load.h"
#include "lib/series/recent_samples.h"
#include "tests/daemon/api/response_of.h"

namespace slod::prometheus_api {

void TestSamples::add(const Labels& labels, Instant first, Duration interval,
                      std::vector<double> values) {
  SampleRun run{.labels = labels, .times = {}, .values = std::move(values), .histograms = {}};
  for (std::size_t i = 0; i < run.values.size(); ++i) {
    run.times.push_back(first + static_cast<int>(i) * interval);
  }
  runs_.push_back(std::move(run));
}

void TestSamples::add(const Labels& labels, Instant at, HistogramPtr histogram) {
  runs_.push_back(
      {.labels = labels, .times = {at}, .values = {0}, .histograms = {std::move(histogram)}});
}

class TestSamples::Source final : public SampleSource {
 public:
  explicit Source(std::vector<SampleRun> runs) : runs_(std::move(runs)) {}

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& /*is_unwanted*/) const override {
    std::vector<SampleRun> selected;
    for (const SampleRun& run : runs_) {
      if (!satisfies(run.labels, matchers)) continue;
      SampleRun part{.labels = run.labels, .times = {}, .values = {}, .histograms = {}};
      for (std::size_t i = 0; i < run.times.size(); ++i) {
        if (run.times[i] <= range.begin || run.times[i] > range.end) continue;
        part.times.push_back(run.times[i]);
        part.values.push_back(run.values[i]);
        if (!run.histograms.empty()) part.histograms.push_back(run.histograms[i]);
      }
      if (!part.times.empty()) selected.push_back(std::move(part));
    }
    return selected;
  }

  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& /*is_unwanted*/) const override {
    std::vector<Labels> all;
    for (const SampleRun& run : runs_) {
      if (!satisfies(run.labels, matchers)) continue;
      if (run.times.front() <= range.end && run.times.back() >= range.begin) {
        all.push_back(run.labels);
      }
    }
    return all;
  }

 private:
  std::vector<SampleRun> runs_;
};

QuerySamples::Open TestSamples::open(std::vector<std::vector<promql::Matcher>> selected,
                                     Interval range) {
  ranges.push_back(range);
  selections.push_back(selected.size());
  return [this](const std::stop_token&) {
    on_open();
    return std::make_shared<const Source>(runs_);
  };
}

namespace {

config::Config configured(std::string_view yaml) {
  if (yaml.empty()) return {};
  const config::SourceText source{"slod.yaml", std::string(yaml)};
  const config::Files files{[](const std::string&) { return std::string("secret"); }};
  config::LoadResult loaded = config::load({&source, 1}, files);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == config::Severity::error) {
      ADD_FAILURE() << config::to_text(diagnostic);
    }
  }
  return loaded.config.value_or(config::Config());
}

}  // namespace

Asking::Asking(std::string_view yaml) : daemon(configured(yaml), now) {
  daemon.kept = &samples;
  daemon.page = "# HELP slod_own Own.\n# TYPE slod_own gauge\n";
}

Response Asking::response(std::string_view target, std::string_view form, std::stop_token stop) {
  Request request;
  auto parsed = parse_target(target);
  if (!parsed) {
    ADD_FAILURE() << target << ": " << parsed.error();
    return {.status = 0};
  }
  request.method = form.empty() ? "GET" : "POST";
  request.path = parsed->path;
  if (const std::string fault = append_form(form, request.query); !fault.empty()) {
    ADD_FAILURE() << form << ": " << fault;
  }
  std::ranges::move(parsed->query, std::back_inserter(request.query));
  const FoundRoute found = find_route(request.path);
  if (found.route == nullptr || !contains(found.route->methods, request.method)) {
    ADD_FAILURE() << "nothing serves " << request.method << " " << request.path;
    return {.status = 0};
  }
  return response_of(api_.answer(request), std::move(stop));
}

std::string Asking::body(std::string_view target, std::string_view form) {
  return response(target, form).body;
}

boost::json::value Asking::json(std::string_view target, std::string_view form) {
  boost::system::error_code failed;
  auto value = boost::json::parse(body(target, form), failed);
  if (failed) ADD_FAILURE() << target << ": expected JSON, found " << body(target, form);
  return value;
}

}  // namespace slod::prometheus_api
