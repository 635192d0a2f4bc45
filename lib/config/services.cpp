#include <fmt/format.h>

#include <utility>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

constexpr Duration window_least = std::chrono::minutes(1);
constexpr Duration window_most = std::chrono::days(365);

std::expected<OnMissing, std::string> parse_on_missing(std::string_view text) {
  if (text == "deny") return OnMissing::deny;
  if (text == "allow") return OnMissing::allow;
  if (text == "last_known") return OnMissing::last_known;
  return std::unexpected(fmt::format("expected deny, allow or last_known, found \"{}\"", text));
}

std::expected<ColdStart, std::string> parse_cold_start(std::string_view text) {
  if (text == "project") return ColdStart::project;
  if (text == "observed") return ColdStart::observed;
  return std::unexpected(fmt::format("expected project or observed, found \"{}\"", text));
}

std::expected<std::string, std::string> parse_time_zone(std::string_view text) {
  if (time_zone_exists(text)) return std::string(text);
  return std::unexpected(
      fmt::format("expected a time zone that this machine knows, such as Europe/Madrid, found "
                  "\"{}\"",
                  text));
}

void read_window(Section& slo, Window& window) {
  const YamlNode* node = slo.take("window");
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::map) {
    Section section(slo.scope(), *node, "a calendar window");
    CalendarWindow calendar;
    section.required("calendar", calendar.period,
                     word("day, week, month, quarter or year", parse_calendar_period));
    section.optional("time_zone", calendar.time_zone, word("a time zone", parse_time_zone));
    section.finish();
    window = calendar;
    return;
  }
  RollingWindow rolling{std::chrono::days(30)};
  if (!slo.read(*node, rolling.length, duration(window_least, window_most))) return;
  window = rolling;
  if (rolling.length < std::chrono::hours(1)) {
    slo.scope().warn(node->mark, fmt::format("expected a window of at least 1h, found {}; that is "
                                             "for demonstrations and tests",
                                             format_duration(rolling.length)));
  }
}

/// Adds the SLO to the draft's, if it is right in itself. `names` are those of its service so far.
void read_slo(Scope& scope, const YamlNode& node, const Service& service,
              std::map<std::string, Place>& names, Draft& draft) {
  const std::size_t errors_before = scope.errors();
  Section section(scope, node, "an SLO");
  SloDefinition slo;
  slo.service = service.name;
  slo.owner = service.owner;
  slo.runbook = service.runbook;
  section.required("name", slo.name, name());
  section.optional("description", slo.description, text());
  section.required("objective", slo.objective, ratio(0, 1, true));
  read_window(section, slo.window);
  section.optional("on_missing", slo.on_missing,
                   word("deny, allow or last_known", parse_on_missing));
  SloPlaces places;
  places.stale_after_given = section.optional("stale_after", slo.stale_after,
                                              duration(std::chrono::milliseconds(1), window_most));
  section.optional("cold_start", slo.cold_start, word("project or observed", parse_cold_start));
  auto sli = read_sli(section, places);
  section.finish();
  places.name = {&scope, section.mark("name")};
  places.objective = {&scope, section.mark("objective")};
  places.window = {&scope, section.mark("window")};
  places.stale_after = {&scope, section.mark("stale_after")};
  if (!slo.name.empty()) note_once(names, slo.name, places.name, "an SLO of this service");
  if (!sli || scope.errors() != errors_before) return;
  slo.sli = std::move(*sli);
  draft.config.slos.push_back(std::move(slo));
  draft.slo_places.push_back(std::move(places));
}

void read_service(Scope& scope, const YamlNode& node, Draft& draft) {
  Section section(scope, node, "a service");
  Service service;
  section.required("name", service.name, name());
  section.optional("owner", service.owner, text());
  section.optional("runbook", service.runbook, page_url());
  const std::vector<YamlNode>& slos = section.list("slos");
  section.finish();
  if (slos.empty() && node.kind == YamlNode::Kind::map) {
    scope.warn(section.mark("name"), "expected at least one SLO in this service, found none");
  }
  std::map<std::string, Place> names;
  for (const YamlNode& item : slos) read_slo(scope, item, service, names, draft);
  if (!service.name.empty()) {
    note_once(draft.services, service.name, {&scope, section.mark("name")}, "a service");
  }
  draft.config.services.push_back(std::move(service));
}

}  // namespace

void read_services(Section& top, Draft& draft) {
  for (const YamlNode& node : top.list("services")) read_service(top.scope(), node, draft);
}

}  // namespace slod::config
