#pragma once

#include <chrono>
#include <string>

#include "lib/alert/notice.h"

namespace slod::alert {

/// api/availability burns 14.9 times too fast since 10:00.
inline Notice sample_notice() {
  Notice out;
  out.key = "slod-0123456789abcdef";
  out.service = "api";
  out.slo = "availability";
  out.severity = "page";
  out.owner = "team-api";
  out.runbook = "https://example.org/runbooks/api";
  out.link = "http://slod.example.org/api/v1/slos/api/availability";
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

/// A notice with `text` in every field that a user writes.
inline Notice notice_saying(const std::string& text) {
  Notice out = sample_notice();
  for (std::string* field : {&out.service, &out.slo, &out.severity, &out.owner, &out.runbook,
                             &out.link, &out.description, &out.window, &out.key}) {
    *field = text;
  }
  return out;
}

}  // namespace slod::alert
