#include "lib/alert/facts.h"

#include "lib/alert/fields.h"

namespace slod::alert {
namespace {

boost::json::value number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value;
}

}  // namespace

boost::json::object to_json(const Facts& facts) {
  boost::json::object out;
  out["long_window_seconds"] = seconds(facts.long_window);
  out["short_window_seconds"] = seconds(facts.short_window);
  out["factor"] = facts.factor;
  out["long_burn_rate"] = number(facts.long_burn);
  out["short_burn_rate"] = number(facts.short_burn);
  out["long_bad"] = facts.long_bad;
  out["long_total"] = facts.long_total;
  out["long_spent_ratio"] = number(facts.long_spent);
  out["spent_ratio"] = number(facts.spent);
  out["remaining_ratio"] = number(facts.remaining);
  out["sli_ratio"] = number(facts.sli);
  return out;
}

std::expected<Facts, std::string> facts_from_json(const boost::json::value* value) {
  if (value == nullptr || !value->is_object()) {
    return std::unexpected("expected \"facts\" to be an object");
  }
  Fields fields(value->get_object());
  Facts facts;
  fields.seconds("long_window_seconds", facts.long_window);
  fields.seconds("short_window_seconds", facts.short_window);
  fields.number("factor", facts.factor);
  fields.number("long_burn_rate", facts.long_burn);
  fields.number("short_burn_rate", facts.short_burn);
  fields.number("long_bad", facts.long_bad);
  fields.number("long_total", facts.long_total);
  fields.number("long_spent_ratio", facts.long_spent);
  fields.number("spent_ratio", facts.spent);
  fields.number("remaining_ratio", facts.remaining);
  fields.number("sli_ratio", facts.sli);
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  return facts;
}

}  // namespace slod::alert
