#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lib/config/load.h"

namespace slod::config {

/// The files that tests know, and nothing else.
inline Files known_files() {
  return {[](const std::string& path) -> std::expected<std::string, std::string> {
    static const std::map<std::string, std::string> files{
        {"secrets/pagerduty", "0123456789abcdef0123456789abcdef\n"},
        {"secrets/slack", "http://127.0.0.1:9/hook\n"},
        {"secrets/password", "p\n"},
        {"secrets/token", "t\n"},
        {"tls/ca.pem", "ca"},
        {"tls/cert.pem", "cert"},
        {"tls/key.pem", "key"},
        {"empty", " \n"},
        {"/etc/slod/secrets/token", "t"},
        {"f", "p"}};
    const auto found = files.find(path);
    if (found == files.end()) return std::unexpected("no such file");
    return found->second;
  }};
}

inline LoadResult load_text(const std::string& text) {
  const SourceText source{"slod.yaml", text};
  return load({&source, 1}, known_files());
}

/// What is found in a text, as `slod check` prints it, without the name of the file.
inline std::vector<std::string> findings(const std::string& text) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : load_text(text).diagnostics) {
    const std::string line = to_text(diagnostic);
    lines.push_back(line.substr(line.find(':') + 1));
  }
  return lines;
}

/// The configuration of the manual, with every section.
inline const std::string example = R"(
listen: 127.0.0.1:9750                 # default
state: state                           # directory; relative to the configuration file
scrape:                                # targets that slod reads itself
  - job: api
    targets: ["127.0.0.1:8080"]
    interval: 15s                      # default 15s
    timeout: 10s                       # default 10s, at most interval
    path: /metrics                     # default
    scheme: http                       # default; https with tls: {ca_file, cert_file, key_file, server_name}
    basic_auth: {username: u, password_file: f}      # or bearer_token_file
    labels: {cluster: eu1}             # added to every series
prometheus:                            # servers that read the targets already; slod asks only for what is demanded
  - name: cluster
    url: http://127.0.0.1:9090
    mode: federate                     # raw series (default); `query`: sums are computed by the server (Thanos, Mimir, VictoriaMetrics)
    interval: 15s
    backfill: 30d                      # read this much history at the first start and after a gap

services:
  - name: api
    owner: team-api                    # free text, travels with alerts
    runbook: https://example.org/runbooks/api
    slos:
      - name: availability
        description: share of requests answered without a server error
        objective: 99.9%
        window: 30d                    # rolling; or {calendar: month, time_zone: Europe/Madrid}
        on_missing: last_known         # verdict once evidence is older than stale_after: deny | allow | last_known (for one hour, then deny)
        stale_after: 5m                # default; never below four intervals
        cold_start: project            # default; or observed: see below
        availability:
          total: http_requests_total{job="api"}
          good: http_requests_total{job="api",code=~"2..|3.."}     # or bad:
      - name: latency                  # by events: share of requests at or under the threshold
        objective: 99%
        window: 30d
        latency:
          histogram: http_request_duration_seconds{job="api"}      # classic (without _bucket) or native
          below: 500ms
      - name: p99                      # by time: share of slices in which the quantile is under the threshold
        objective: 99%
        window: 7d
        latency: {histogram: 'http_request_duration_seconds{job="api"}', quantile: 0.99, below: 500ms, slice: 1m}
      - name: throughput               # by time
        objective: 99.5%
        window: 30d
        throughput: {total: 'http_requests_total{job="api"}', at_least: 10/s, slice: 1m}     # or at_most
      - name: saturation               # by time: any expression
        objective: 99%
        window: 30d
        threshold: {expr: 'avg(node_load1) / count(node_cpu_seconds_total{mode="idle"})', below: 0.8, slice: 1m}

# Windows go from 1m (for demos and tests; `check` warns below 1h) to 365d.

freeze:                                # the error-budget policy; this is the default
  ladder:
    - {level: feature_freeze, spent: 50%, deny: [feature]}               # `over: 7d` measures what was spent in the last 7 days
    - {level: hotfix_only, spent: 100%, deny: [feature, fix]}
  thaw_margin: 2%                      # thaws at spent < threshold - margin

alerting:
  burn_rates:                          # this is the default, for a 30d window; scaled to the SLO's
    - {severity: page, long: 1h, short: 5m, factor: 14.4}
    - {severity: page, long: 6h, short: 30m, factor: 6}
    - {severity: ticket, long: 1d, short: 2h, factor: 3}
    - {severity: ticket, long: 3d, short: 6h, factor: 1}
  min_events: 10                       # bad events in the long window, below which an alert does not fire
  receivers:
    - name: oncall
      pagerduty: {routing_key_file: secrets/pagerduty, url: https://events.pagerduty.com/v2/enqueue}
    - name: chat
      slack: {webhook_url_file: secrets/slack}
    - name: alertmanager
      alertmanager: {url: http://127.0.0.1:9093}
    - name: hook
      webhook: {url: http://127.0.0.1:9000/hook}     # Alertmanager's webhook payload, version 4
  routes:                              # severity -> receivers
    page: [oncall, chat]
    ticket: [chat]
rules:                                 # threshold alerts; Prometheus's rule fields
  - {alert: HighErrorRate, expr: '...', for: 1m, severity: page, summary: '...'}
rule_files: ["rules/*.yml"]            # Prometheus rule files
)";

}  // namespace slod::config
