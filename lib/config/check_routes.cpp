#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

/// The rules whose alerts notify no one, by what their severity lacks.
struct Silent {
  const WrittenAlert* first = nullptr;
  std::size_t others = 0;
};

void note(Silent& silent, const WrittenAlert& alert) {
  if (silent.first == nullptr) {
    silent.first = &alert;
  } else {
    ++silent.others;
  }
}

std::string names(const Silent& silent) {
  if (silent.others == 0) return fmt::format("the alert {} notifies", silent.first->name);
  return fmt::format("the alert {} and {} more notify", silent.first->name, silent.others);
}

bool is_template(const std::string& text) {
  return text.find("{{") != std::string::npos;
}

void warn_of_silent_rules(const Draft& draft) {
  std::map<std::string, Silent> by_severity;
  Silent without;
  for (const WrittenAlert& alert : draft.alerts) {
    if (!alert.severity || alert.severity->empty()) {
      note(without, alert);
    } else if (!is_template(*alert.severity) &&
               draft.config.alerting.routes.receivers(*alert.severity).empty()) {
      note(by_severity[*alert.severity], alert);
    }
  }
  if (without.first != nullptr && draft.config.alerting.routes.otherwise.empty()) {
    without.first->place.warn(
        fmt::format("expected a label severity, which chooses the route, found none: unless its "
                    "series have one, {} no one",
                    names(without)));
  }
  for (const auto& [severity, silent] : by_severity) {
    silent.first->place.warn(
        fmt::format("expected a route for the severity {}, found none: {} "
                    "no one",
                    severity, names(silent)));
  }
}

/// Only where the rules show which severities their alerts have.
void warn_of_idle_routes(const Draft& draft) {
  std::set<std::string> severities;
  for (const alert::BurnRateRule& rule : draft.config.alerting.burn_rates) {
    severities.insert(rule.severity);
  }
  for (const WrittenAlert& alert : draft.alerts) {
    if (!alert.severity || is_template(*alert.severity)) return;
    severities.insert(*alert.severity);
  }
  for (const auto& [severity, place] : draft.routes) {
    if (severities.contains(severity)) continue;
    place.warn(
        fmt::format("expected a severity of one of the burn rates or rules, found {}: "
                    "nothing takes this route",
                    severity));
  }
}

}  // namespace

void check_routes(const Draft& draft) {
  warn_of_silent_rules(draft);
  warn_of_idle_routes(draft);
}

}  // namespace slod::config
