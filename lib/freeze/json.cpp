#include "lib/freeze/json.h"

#include <boost/json/array.hpp>

namespace slod::freeze {
namespace {

boost::json::value number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value;
}

/// Seconds, as an integer where they are whole.
boost::json::value whole_seconds(std::optional<Duration> duration) {
  if (!duration) return nullptr;
  if (duration->count() % 1000 == 0) return duration->count() / 1000;
  return seconds(*duration);
}

boost::json::object to_json(const Reason& reason) {
  boost::json::object out;
  out["slo"] = nullptr;
  if (reason.slo) out["slo"] = *reason.slo;
  out["kind"] = to_string(reason.kind);
  out["spent_ratio"] = number(reason.spent);
  out["spent_worst_ratio"] = number(reason.spent_worst);
  out["threshold_ratio"] = number(reason.threshold);
  out["window_seconds"] = whole_seconds(reason.window);
  out["good"] = number(reason.good);
  out["total"] = number(reason.total);
  out["bad"] = number(reason.bad);
  out["allowed_bad"] = number(reason.allowed_bad);
  out["coverage_ratio"] = number(reason.coverage);
  out["evidence_age_seconds"] = nullptr;
  if (reason.evidence_age) out["evidence_age_seconds"] = seconds(*reason.evidence_age);
  out["message"] = reason.message;
  return out;
}

}  // namespace

boost::json::object to_json(const Verdict& verdict) {
  boost::json::array reasons;
  for (const Reason& reason : verdict.reasons) reasons.push_back(to_json(reason));
  boost::json::object out;
  out["service"] = verdict.service;
  out["change"] = to_string(verdict.change);
  out["verdict"] = to_string(verdict.outcome);
  out["level"] = to_string(verdict.level);
  out["frozen"] = verdict.frozen;
  out["reasons"] = std::move(reasons);
  out["since"] = format_instant(verdict.since);
  out["earliest_thaw"] = nullptr;
  if (verdict.earliest_thaw) out["earliest_thaw"] = format_instant(*verdict.earliest_thaw);
  out["override"] = nullptr;
  out["evaluated_at"] = format_instant(verdict.evaluated_at);
  return out;
}

}  // namespace slod::freeze
