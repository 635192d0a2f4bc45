#include "lib/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "lib/config/draft.h"
#include "lib/config/receivers.h"
#include "lib/config/recording.h"
#include "lib/config/reference.h"
#include "lib/json/text.h"

namespace slod::config {
namespace {

namespace json = boost::json;

/// Every key, and every kind of value that one may have; but for the SLIs, which stand between the
/// two halves, and the receivers, which stand before their routes.
constexpr std::string_view specimen_until_slis = R"yaml(
listen: 127.0.0.1:9750
external_url: https://example.org/slod
state: state
scrape:
  - job: api
    targets: ["127.0.0.1:8080"]
    interval: 15s
    timeout: 10s
    path: /metrics
    scheme: https
    tls: {ca_file: f, cert_file: f, key_file: f, server_name: example.org}
    basic_auth: {username: u, password_file: f}
    labels: {cluster: eu1}
    sample_limit: 1000
    body_size_limit: 1MiB
    honor_timestamps: true
    follow_redirects: true
    proxy_url: http://example.org:3128
  - job: other
    targets: ["127.0.0.1:8081"]
    bearer_token_file: f
  - job: third
    targets: ["127.0.0.1:8082"]
    authorization: {type: Bearer, credentials_file: f}
prometheus:
  - name: cluster
    url: https://example.org
    mode: federate
    interval: 15s
    timeout: 10s
    honor_timestamps: true
    follow_redirects: true
    proxy_url: http://example.org:3128
    replica_labels: [replica]
    backfill: 30d
    tls: {ca_file: f}
    basic_auth: {username: u, password_file: f}
  - name: other
    urls: [https://a.example.com, https://b.example.com]
    bearer_token_file: f
  - name: third
    url: https://c.example.com
    authorization: {type: Bearer, credentials_file: f}
services:
  - name: api
    owner: team
    runbook: https://example.org/#api
    slos:
      - name: rolling
        description: d
        objective: 99.9%
        window: 30d
        on_missing: deny
        stale_after: 5m
        cold_start: project
        availability: {total: a, bad: b}
      - name: calendar
        objective: 99.9%
        window: {calendar: month, time_zone: UTC}
        availability: {total: a, bad: b}
)yaml";
constexpr std::string_view specimen_from_slis = R"yaml(
freeze:
  ladder:
    - {level: feature_freeze, spent: 50%, over: 7d, deny: [feature]}
  thaw_margin: 2%
alerting:
  burn_rates:
    - {severity: page, long: 1h, short: 5m, factor: 14.4}
  min_events: 10
  evaluation_interval: 15s
  resend_delay: 1m
  receivers:
  routes:
    page: [pagerduty_1]
query:
  retention: 6h
  memory: 32MiB
  query_memory: 64MiB
  all_queries_memory: 128MiB
  timeout: 2m
  concurrency: 20
rules:
  - {alert: A, expr: a > 1, for: 1m, keep_firing_for: 1m, severity: page, summary: s}
  - {alert: B, expr: a > 1, labels: {severity: page}, annotations: {summary: s}}
  - {record: 'r:a', expr: a, labels: {x: y}}
rule_files: ["rules/*.yml"]
)yaml";

std::string specimen() {
  std::string text(specimen_until_slis);
  const std::vector<std::string> slis = sli_specimens();
  for (std::size_t i = 0; i < slis.size(); ++i) {
    text += fmt::format("      - {{name: sli_{}, objective: 99.9%, {}}}\n", i, slis[i]);
  }
  text += specimen_from_slis;
  return text.insert(text.find("  routes:\n"), receivers_specimen());
}

/// Reads the specimen as any file is read.
struct SpecimenReading {
  SourceText source{"specimen.yaml", specimen()};
  Files files{.read = [](const std::string&) -> std::expected<std::string, std::string> {
    return "https://example.org";
  }};
  Scope scope{source, files};
  YamlNode root = parse_document(source.text, scope);
  Recording recording;

  SpecimenReading() {
    scope.record(&recording);
    Draft draft;
    Section top(scope, root, "a configuration");
    read_top(top, draft);
  }
};

void write(std::string& out, const json::value& value, std::size_t depth) {
  const std::string margin(2 * (depth + 1), ' ');
  const auto end = [&](char bracket) { out += "\n" + std::string(2 * depth, ' ') + bracket; };
  if (value.is_object() && !value.get_object().empty()) {
    const char* separator = "{\n";
    for (const auto& member : value.get_object()) {
      out += separator + margin;
      append_json_text(out, member.key());
      out += ": ";
      write(out, member.value(), depth + 1);
      separator = ",\n";
    }
    end('}');
  } else {
    out += json_text(value);
  }
}

/// Adds to each key what the reference says of it, before what kind of value it holds.
void describe(json::object& schema) {
  for (const auto& [where, meaning] : meanings_of(configuration_reference())) {
    std::string kind = where.first;
    std::ranges::replace(kind, ' ', '_');
    json::object& kinds = schema.at("$defs").as_object();
    if (!kinds.contains(kind)) continue;  // of a file of rules
    json::object& keys = kinds.at(kind).as_object().at("properties").as_object();
    if (!keys.contains(where.second)) continue;
    json::value& description = keys.at(where.second).as_object()["description"];
    description = description.is_string()
                      ? fmt::format("{}\n\n{}", meaning, std::string_view(description.get_string()))
                      : meaning;
  }
}

}  // namespace

std::string schema_text() {
  json::object schema = SpecimenReading().recording.schema("a configuration");
  describe(schema);
  schema["title"] = "configuration of slod";
  std::string out;
  write(out, schema, 0);
  return out + "\n";
}

std::vector<std::string> keys_without_a_schema() {
  return SpecimenReading().recording.unseen();
}

std::vector<std::string> specimen_errors() {
  SpecimenReading reading;
  std::vector<std::string> errors;
  for (const Diagnostic& found : reading.scope.take_diagnostics()) {
    if (found.severity == Severity::error) errors.push_back(to_text(found));
  }
  return errors;
}

}  // namespace slod::config
