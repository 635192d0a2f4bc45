#include "lib/config/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// The configuration of a text without errors.
Config loaded(const std::string& text) {
  LoadResult result = load_text(text);
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_NE(diagnostic.severity, Severity::error) << to_text(diagnostic);
  }
  EXPECT_TRUE(result.config);
  return result.config.value_or(Config{});
}

TEST(Load, ReadsTheExampleOfTheManual) {
  const Config config = loaded(manual());
  EXPECT_EQ(config.listen.text(), "127.0.0.1:9750");
  EXPECT_EQ(config.external_url, "http://127.0.0.1:9750");
  EXPECT_EQ(config.state, "state");
  ASSERT_EQ(config.scrape.size(), 1U);
  const ScrapeJob& job = config.scrape[0];
  EXPECT_EQ(job.job, "api");
  EXPECT_EQ(job.targets, (std::vector<HostPort>{{"127.0.0.1", 8080}}));
  EXPECT_EQ(job.interval, seconds(15));
  EXPECT_EQ(job.timeout, seconds(10));
  EXPECT_FALSE(job.https);
  EXPECT_EQ(job.access.basic_auth, (BasicAuth{"u", "f"}));
  EXPECT_EQ(job.labels, (Labels{{"cluster", "eu1"}}));
  EXPECT_EQ(job.sample_limit, 1'000'000U);
  EXPECT_EQ(job.body_size_limit_bytes, 67'108'864U);
  ASSERT_EQ(config.prometheus.size(), 1U);
  EXPECT_EQ(config.prometheus[0].url, "http://127.0.0.1:9090");
  EXPECT_EQ(config.prometheus[0].backfill, days(30));
  EXPECT_EQ(config.services,
            (std::vector<Service>{{"api", "team-api", "https://example.org/runbooks/api"}}));
  EXPECT_EQ(config.freeze, freeze::default_policy());
  EXPECT_EQ(config.query, (Query{.retention = hours(6),
                                 .memory_bytes = 32 << 20,
                                 .query_bytes_max = 64 << 20,
                                 .all_queries_bytes_max = 128 << 20,
                                 .timeout = minutes(2),
                                 .concurrency = 20}));
  EXPECT_EQ(config.alerting.burn_rates, alert::default_rules());
  EXPECT_FALSE(config.alerting.burn_rates_are_default);
  ASSERT_EQ(config.alerting.receivers.size(), 4U);
  EXPECT_EQ(std::get<alert::PagerDuty>(config.alerting.receivers[0].endpoint).routing_key_file,
            "secrets/pagerduty");
  EXPECT_EQ(config.alerting.routes.by_severity.at("page"),
            (std::vector<std::string>{"oncall", "chat"}));
  ASSERT_EQ(config.rule_groups.size(), 1U);
  ASSERT_EQ(config.rule_groups[0]->rules.size(), 1U);
  EXPECT_EQ(config.rule_groups[0]->id(), "slod.yaml;rules");
  const rules::Rule& rule = config.rule_groups[0]->rules[0];
  EXPECT_EQ(rule.hold, minutes(1));
  EXPECT_EQ(rule.labels, (std::map<std::string, std::string>{{"severity", "page"}}));
  EXPECT_EQ(rule.annotations, (std::map<std::string, std::string>{{"summary", "..."}}));
}

TEST(Load, ReadsEveryKindOfSliOfTheManual) {
  const Config config = loaded(manual());
  ASSERT_EQ(config.slos.size(), 5U);
  EXPECT_EQ(to_text(config.slos[0].id()), "api/availability");
  EXPECT_EQ(config.slos[0].owner, "team-api");
  EXPECT_EQ(config.slos[0].objective, 0.999);
  EXPECT_EQ(config.slos[0].stale_after, minutes(5));
  const auto& availability = std::get<AvailabilitySli>(config.slos[0].sli);
  EXPECT_EQ(canonical(availability.total), R"(http_requests_total{job="api"})");
  EXPECT_EQ(canonical(availability.good.value()),
            R"(http_requests_total{code=~"2..|3..",job="api"})");
  EXPECT_FALSE(availability.bad);
  EXPECT_EQ(std::get<LatencySli>(config.slos[1].sli).below_seconds, 0.5);
  const auto& p99 = std::get<LatencySliceSli>(config.slos[2].sli);
  EXPECT_EQ(p99.quantile, 0.99);
  EXPECT_EQ(p99.slice, minutes(1));
  EXPECT_EQ(nominal_length(config.slos[2].window), days(7));
  const auto& throughput = std::get<ThroughputSli>(config.slos[3].sli);
  EXPECT_EQ(throughput.at_least_per_second, 10.0);
  EXPECT_FALSE(throughput.at_most_per_second);
  EXPECT_EQ(std::get<ThresholdSli>(config.slos[4].sli).below, 0.8);
}

TEST(Load, FillsInTheDefaults) {
  const Config config = loaded(R"(
scrape: [{job: a, targets: ["a:1"]}, {job: b, targets: ["b:1"], interval: 2m},
         {job: c, targets: ["[::1]:1"], interval: 5s}]
prometheus: []
services:
  - name: s
    slos:
      - {name: a, objective: 0.99, availability: {total: 't{job="a"}', bad: 'b{job="a"}'}}
      - {name: b, objective: 0.99, throughput: {total: 't{job="b"}', at_most: 0/s, slice: 5m}}
)");
  EXPECT_EQ(config.scrape[0].interval, seconds(15));
  EXPECT_EQ(config.scrape[0].timeout, seconds(10));
  EXPECT_EQ(config.scrape[0].path, "/metrics");
  EXPECT_EQ(config.scrape[2].timeout, seconds(5)) << "at most the interval";
  EXPECT_EQ(config.scrape[2].targets[0].text(), "[::1]:1");
  EXPECT_EQ(config.state, "state");
  EXPECT_TRUE(config.alerting.burn_rates_are_default);
  EXPECT_EQ(config.alerting.burn_rates, alert::default_rules());
  EXPECT_EQ(config.alerting.min_events, 10U);
  EXPECT_EQ(config.freeze, freeze::default_policy());
  EXPECT_EQ(config.slos[0].window, Window{RollingWindow{days(30)}});
  EXPECT_EQ(config.slos[0].on_missing, OnMissing::last_known);
  EXPECT_EQ(config.slos[0].cold_start, ColdStart::project);
  EXPECT_EQ(config.slos[0].stale_after, minutes(5));
  EXPECT_EQ(config.slos[1].stale_after, minutes(8)) << "raised to four intervals";
}

TEST(Load, ReadsWhatTheExampleLeavesOut) {
  const Config config = loaded(R"(
listen: "[::1]:0"
external_url: https://slod.example.org/
scrape:
  - job: api
    targets: [api.example.org:443]
    interval: 100ms
    scheme: https
    path: /metrics?format=text
    tls: {ca_file: tls/ca.pem, cert_file: tls/cert.pem, key_file: tls/key.pem, server_name: api}
    bearer_token_file: secrets/token
    sample_limit: 5
    body_size_limit: 2KiB
prometheus:
  - {name: p, url: "https://p:1/prom/", mode: query, interval: 5s, tls: {},
     bearer_token_file: secrets/token}
services:
  - name: s
    slos:
      - name: a
        objective: 90%
        window: {calendar: week, time_zone: Europe/Madrid}
        on_missing: deny
        cold_start: observed
        stale_after: 1h
        latency: {histogram: h, quantile: 95%, below: 1s500ms, slice: 10s}
freeze:
  ladder:
    - {level: feature_freeze, spent: 0.25, over: 7d, deny: [feature]}
    - {level: feature_freeze, spent: 50%, deny: [feature]}
    - {level: hotfix_only, spent: 150%, deny: [feature, fix, hotfix]}
  thaw_margin: 0
query: {retention: 1d, memory: 1GiB, query_memory: 1MiB, all_queries_memory: 2MiB,
  timeout: 10s, concurrency: 4}
)");
  EXPECT_EQ(config.listen.text(), "[::1]:0");
  EXPECT_EQ(config.external_url, "https://slod.example.org");
  const ScrapeJob& job = config.scrape[0];
  EXPECT_TRUE(job.https);
  EXPECT_EQ(job.timeout, milliseconds(100));
  EXPECT_EQ(job.path, "/metrics?format=text");
  EXPECT_EQ(job.access.tls, (Tls{"tls/ca.pem", "tls/cert.pem", "tls/key.pem", "api"}));
  EXPECT_EQ(job.access.bearer_token_file, "secrets/token");
  EXPECT_EQ(job.sample_limit, 5U);
  EXPECT_EQ(job.body_size_limit_bytes, 2048U);
  EXPECT_EQ(config.prometheus[0].url, "https://p:1/prom");
  EXPECT_EQ(config.prometheus[0].mode, PrometheusServer::Mode::query);
  const SloDefinition& slo = config.slos[0];
  EXPECT_EQ(slo.window, (Window{CalendarWindow{CalendarPeriod::week, "Europe/Madrid"}}));
  EXPECT_EQ(slo.on_missing, OnMissing::deny);
  EXPECT_EQ(slo.cold_start, ColdStart::observed);
  EXPECT_EQ(slo.stale_after, hours(1));
  EXPECT_EQ(std::get<LatencySliceSli>(slo.sli).quantile, 0.95);
  EXPECT_EQ(std::get<LatencySliceSli>(slo.sli).below_seconds, 1.5);
  ASSERT_EQ(config.freeze.ladder.size(), 3U);
  EXPECT_EQ(config.freeze.ladder[0].over, days(7));
  EXPECT_EQ(config.freeze.ladder[2].spent, 1.5);
  EXPECT_EQ(config.freeze.thaw_margin, 0);
  EXPECT_EQ(config.query, (Query{.retention = days(1),
                                 .memory_bytes = 1 << 30,
                                 .query_bytes_max = 1 << 20,
                                 .all_queries_bytes_max = 2 << 20,
                                 .timeout = seconds(10),
                                 .concurrency = 4}));
}

TEST(Load, DropsTheSlashesAtTheEndOfAUrlThatPathsAreAppendedTo) {
  const Config config = loaded(R"(
services: [{name: a}]
alerting:
  receivers:
    - {name: am, alertmanager: {url: "http://127.0.0.1:9093//"}}
    - {name: ops, opsgenie: {api_key_file: f, url: "https://api.eu.opsgenie.com/"}}
  routes: {page: [am], ticket: [ops]}
)");
  const auto& receivers = config.alerting.receivers;
  EXPECT_EQ(receivers[0].endpoint,
            alert::Endpoint(alert::Alertmanager{.urls = {"http://127.0.0.1:9093"}}));
  EXPECT_EQ(receivers[1].endpoint, alert::Endpoint(alert::Opsgenie{
                                       .url = "https://api.eu.opsgenie.com", .api_key_file = "f"}));
}

TEST(Load, NormalizesThePathsThatItResolves) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"slod.yaml", "state", "state"},
      {"slod.yaml", "./a//b/", "a/b"},
      {"slod.yaml", "../a", "../a"},
      {"slod.yaml", "..", ".."},
      {"slod.yaml", ".", "."},
      {"slod.yaml", "a/..", "."},
      {"etc/slod.yaml", "../../a", "../a"},
      {"../slod.yaml", "../a", "../../a"},
      {"/etc/slod.yaml", "../../a", "/a"},
      {"/slod.yaml", "a", "/a"},
      {"/etc/slod.yaml", "/a/./b", "/a/b"},
      {"./conf.d/slod.yaml", "a", "conf.d/a"},
  };
  for (const auto& [file, path, resolved] : cases) {
    const SourceText source{file, "state: " + std::string(path)};
    EXPECT_EQ(load({&source, 1}, known_files()).config.value().state, resolved)
        << file << " " << path;
  }
}

TEST(Load, ResolvesPathsAgainstTheFileThatNamesThem) {
  const std::array<SourceText, 2> sources{
      {{"/etc/slod/slod.yaml", "rule_files: [../rules/*.yml, /a/b*.yml]"},
       {"/srv/team/api.yaml",
        "scrape: [{job: a, targets: ['a:1'], bearer_token_file: "
        "../../etc/slod/secrets/token}]\nstate: data"}}};
  Files files = known_files();
  std::vector<std::string> patterns;
  files.match = [&patterns](const std::string& pattern) {
    patterns.push_back(pattern);
    return std::vector<std::string>{};
  };
  const LoadResult result = load(sources, files);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(patterns, (std::vector<std::string>{"/etc/rules/*.yml", "/a/b*.yml"}));
  EXPECT_EQ(result.config->scrape[0].access.bearer_token_file, "/etc/slod/secrets/token");
  EXPECT_EQ(result.config->state, "/srv/team/data");
  EXPECT_EQ(load({sources.data(), 1}, known_files()).config.value().state, "/etc/slod/state");
}

TEST(Load, AddsUpTheListsOfSeveralFiles) {
  const std::array<SourceText, 3> sources{
      {{"a.yaml",
        "scrape: [{job: a, targets: ['a:1']}]\nservices: [{name: a}]\nlisten: 127.0.0.1:1"},
       {"b.yaml", "scrape: [{job: b, targets: ['b:1']}]\nservices: [{name: b}]\nstate: s"},
       {"c.yaml", "# nothing yet"}}};
  const LoadResult result = load(sources, known_files());
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->scrape.size(), 2U);
  EXPECT_EQ(result.config->services.size(), 2U);
  EXPECT_EQ(result.config->listen.port, 1);
  EXPECT_EQ(result.config->external_url, "http://127.0.0.1:1");
  EXPECT_EQ(result.config->state, "s");
}

TEST(Load, ReportsWhatSeveralFilesGiveTwice) {
  const std::array<SourceText, 2> sources{
      {{"a.yaml",
        "listen: 127.0.0.1:1\nfreeze: {thaw_margin: 1%}\n"
        "services: [{name: x}]\nscrape: [{job: j, targets: ['a:1']}]"},
       {"b.yaml",
        "services: [{name: x}]\nfreeze: {thaw_margin: 1%}\nlisten: 127.0.0.1:2\n"
        "scrape: [{job: j, targets: ['b:1']}]\nbogus: 1"}}};
  const LoadResult result = load(sources, known_files());
  EXPECT_FALSE(result.config);
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : result.diagnostics) lines.push_back(to_text(diagnostic));
  const std::vector<std::string> expected{
      "a.yaml:3:19: warning: expected at least one SLO in this service, found none",
      "b.yaml:1:19: error: expected a service x once, found it again; it is at a.yaml:3:19 already",
      "b.yaml:1:19: warning: expected at least one SLO in this service, found none",
      "b.yaml:2:1: error: expected the key freeze once, found it again; it is at a.yaml:2:1 "
      "already",
      "b.yaml:3:1: error: expected the key listen once, found it again; it is at a.yaml:1:1 "
      "already",
      "b.yaml:4:16: error: expected a scrape job j once, found it again; it is at a.yaml:4:16 "
      "already",
      "b.yaml:5:1: error: expected a key of a configuration (listen, external_url, state, freeze, "
      "alerting, query, scrape, prometheus, services, rules, rule_files), found bogus"};
  EXPECT_EQ(lines, expected);
}

TEST(Load, WritesPercentAndDecimalAsTheSameNumber) {
  for (const char* percent : {"99.9", "99.99", "99.999", "95", "99.5", "0.1"}) {
    const std::string digits = percent;
    const Config config = loaded("services: [{name: s, slos: [{name: a, objective: " + digits +
                                 "%, availability: {total: t, good: g}}]}]");
    EXPECT_EQ(config.slos.at(0).objective, std::stod(digits + "e-2")) << percent;
  }
}

}  // namespace
}  // namespace slod::config
