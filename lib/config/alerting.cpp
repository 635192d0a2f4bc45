#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/config/draft.h"
#include "lib/config/receivers.h"

namespace slod::config {
namespace {

std::optional<alert::BurnRateRule> read_rule(Scope& scope, const YamlNode& node) {
  const std::size_t errors_before = scope.errors();
  Section section(scope, node, "a burn rate");
  alert::BurnRateRule rule;
  const Scalar<Duration> window = duration(std::chrono::seconds(1), std::chrono::days(365));
  section.required("severity", rule.severity, name());
  section.required("long", rule.long_window, window);
  section.required("short", rule.short_window, window);
  section.required("factor", rule.factor, number());
  section.finish();
  if (rule.short_window > rule.long_window) {
    scope.error(section.mark("short"),
                fmt::format("expected a short window of at most the long one, {}, found {}",
                            format_duration(rule.long_window), format_duration(rule.short_window)));
  }
  if (rule.factor <= 0) {
    scope.error(section.mark("factor"),
                fmt::format("expected a factor above zero, found {}", rule.factor));
  }
  if (scope.errors() != errors_before) return std::nullopt;
  return rule;
}

constexpr std::string_view default_route = "default";

/// The receivers of one severity.
std::vector<std::string> read_route(Section& section, const YamlNode& node, const Draft& draft) {
  std::vector<std::string> receivers;
  if (node.kind != YamlNode::Kind::list) {
    section.scope().error(node.mark,
                          fmt::format("expected a list of receivers, found {}", shown(node)));
    return receivers;
  }
  for (const YamlNode& item : node.values) {
    std::string receiver;
    if (!section.read(item, receiver, text())) continue;
    if (!draft.receivers.contains(receiver)) {
      section.scope().error(item.mark,
                            fmt::format("expected the name of a receiver, found {}, which "
                                        "no receiver has",
                                        receiver));
    } else if (std::ranges::find(receivers, receiver) != receivers.end()) {
      section.scope().error(item.mark,
                            fmt::format("expected each receiver once in a route, found {} "
                                        "again",
                                        receiver));
    } else {
      receivers.push_back(std::move(receiver));
    }
  }
  return receivers;
}

void read_routes(Section& section, Draft& draft) {
  const YamlNode* node = section.take("routes");
  if (node == nullptr) return;
  Alerting& alerting = draft.config.alerting;
  for (const auto& [key, value] :
       free_entries(section.scope(), *node, "severities and their receivers")) {
    if (key.name == default_route) {
      alerting.routes.otherwise = read_route(section, *value, draft);
      continue;
    }
    draft.routes.emplace(key.name, Place{&section.scope(), key.mark});
    alerting.routes.by_severity[key.name] = read_route(section, *value, draft);
  }
}

/// An alert that fires and notifies no one is worse than none.
void warn_of_silence(Section& section, const Alerting& alerting) {
  std::set<std::string> checked;
  for (const alert::BurnRateRule& rule : alerting.burn_rates) {
    if (!alerting.routes.receivers(rule.severity).empty() ||
        !checked.insert(rule.severity).second) {
      continue;
    }
    section.scope().warn(section.key_mark("routes"),
                         fmt::format("expected a route for the severity {}, "
                                     "found none: its alerts notify no one",
                                     rule.severity));
  }
}

}  // namespace

void read_alerting(Section& top, Draft& draft) {
  auto section = top.section("alerting", "alerting");
  if (!section) return;
  Scope& scope = section->scope();
  Alerting& alerting = draft.config.alerting;
  if (section->take("burn_rates") != nullptr) {
    alerting.burn_rates_are_default = false;
    alerting.burn_rates.clear();
    for (const YamlNode& node : section->list("burn_rates")) {
      if (auto rule = read_rule(scope, node)) alerting.burn_rates.push_back(std::move(*rule));
    }
  }
  section->optional("min_events", alerting.min_events, whole_number(1));
  draft.evaluation_interval_given =
      section->optional("evaluation_interval", alerting.evaluation_interval,
                        duration(std::chrono::milliseconds(100), std::chrono::days(1)));
  section->optional("resend_delay", alerting.resend_delay,
                    duration(std::chrono::seconds(1), std::chrono::hours(1)));
  for (const YamlNode& node : section->list("receivers")) read_receiver(scope, node, draft);
  check_fallbacks(draft);
  for (alert::Receiver& receiver : alerting.receivers) {
    if (auto* alertmanager = std::get_if<alert::Alertmanager>(&receiver.endpoint)) {
      alertmanager->resend_delay = alerting.resend_delay;
    }
  }
  read_routes(*section, draft);
  section->finish();
  if (!alerting.receivers.empty()) warn_of_silence(*section, alerting);
}

}  // namespace slod::config
