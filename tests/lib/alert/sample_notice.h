#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "lib/alert/notice.h"

namespace slod::alert {

/// api/availability is burning its budget at 14.9x since 10:00.
inline Notice sample_notice() {
  Notice out;
  out.key = "slod-0123456789abcdef";
  out.service = "api";
  out.slo = "availability";
  out.severity = "page";
  out.owner = "team-api";
  out.runbook = "https://example.org/runbooks/api";
  out.external_url = "http://slod.example.org";
  out.description = "share of requests answered without a server error";
  out.window = "30d";
  out.objective = 0.999;
  out.starts_at = parse_instant("2026-11-24T10:00:00Z").value();
  out.sent_at = out.starts_at + std::chrono::seconds(2);
  out.facts.long_window = std::chrono::hours(1);
  out.facts.short_window = std::chrono::minutes(5);
  out.facts.factor = 14.4;
  out.facts.long_burn = 14.9;
  out.facts.short_burn = 15.2;
  out.facts.long_bad = 778;
  out.facts.long_total = 52000;
  out.facts.long_spent = 0.0207;
  out.facts.spent = 0.39;
  out.facts.remaining = 0.61;
  out.facts.sli = 0.99852;
  return out;
}

inline Notice resolved_notice() {
  Notice out = sample_notice();
  out.kind = Notice::Kind::resolved;
  out.ends_at = out.starts_at + std::chrono::minutes(42);
  return out;
}

/// The alert HighErrorRate of the job api at a:80, which fires since 10:00.
inline RuleAlert sample_alert() {
  return {.name = "HighErrorRate",
          .labels = {{"alertname", "HighErrorRate"},
                     {"instance", "a:80"},
                     {"job", "api"},
                     {"severity", "critical"},
                     {"team", "team-api"}},
          .annotations = {{"summary", "7 % of the requests of a:80 fail"},
                          {"description", "More than 5 % for a minute."},
                          {"runbook_url", "https://example.org/runbooks/errors"}},
          .expr = "rate(errors_total[5m]) / rate(requests_total[5m]) > 0.05",
          .value = 0.07};
}

inline Notice rule_notice_of(RuleAlert alert, Notice::Kind kind = Notice::Kind::firing) {
  const Instant start = parse_instant("2026-11-24T10:00:00Z").value();
  const bool resolved = kind == Notice::Kind::resolved;
  return rule_notice(kind, "slod-fedcba9876543210", std::move(alert), "http://slod.example.org",
                     start,
                     resolved ? std::optional(start + std::chrono::minutes(42)) : std::nullopt,
                     start + std::chrono::seconds(2));
}

/// A notice about a rule's alert with `text` in everything that a user or a target writes.
inline Notice rule_notice_saying(const std::string& text) {
  RuleAlert alert = sample_alert();
  alert.name = alert.expr = text;
  for (auto* texts : {&alert.labels, &alert.annotations}) {
    for (auto& each : *texts) each.second = text;
    (*texts)[text] = text;
  }
  Notice out = rule_notice_of(std::move(alert));
  out.key = out.external_url = text;
  return out;
}

/// A notice with `text` in every field that a user writes.
inline Notice notice_saying(const std::string& text) {
  Notice out = sample_notice();
  for (std::string* field : {&out.service, &out.slo, &out.severity, &out.owner, &out.runbook,
                             &out.external_url, &out.description, &out.window, &out.key}) {
    *field = text;
  }
  return out;
}

}  // namespace slod::alert
