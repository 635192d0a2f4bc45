#include "lib/alert/notice.h"

#include <fmt/format.h>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>

#include "lib/alert/fields.h"
#include "lib/alert/plain_text.h"
#include "lib/json/text.h"
#include "lib/text/utf8.h"

namespace slod::alert {
namespace {

/// "2.1 %", "61 %".
std::string percent(double ratio) {
  const double value = ratio * 100;
  return value < 10 ? fmt::format("{:.1f} %", value) : fmt::format("{:.0f} %", value);
}

std::string rate(double burn) {
  return burn < 100 ? fmt::format("{:.1f}", burn) : fmt::format("{:.0f}", burn);
}

/// Events are whole, but those that a histogram interpolates are not.
std::string count(double events) {
  return events == std::trunc(events) ? fmt::format("{:.0f}", events)
                                      : fmt::format("{:.1f}", events);
}

std::string left(double remaining) {
  if (remaining >= 0) return percent(remaining) + " left";
  return fmt::format("budget {} over", percent(-remaining));
}

std::string burn_line(const Facts& facts) {
  if (!facts.long_burn || !facts.short_burn) return "";
  return fmt::format("{} over {} and {} over {}, limit {:g}", rate(*facts.long_burn),
                     format_duration(facts.long_window), rate(*facts.short_burn),
                     format_duration(facts.short_window), facts.factor);
}

std::string objective_line(const Notice& notice) {
  std::string out = fmt::format("{:.6g} % over {}", notice.objective * 100, notice.window);
  if (notice.facts.sli) out += fmt::format("; SLI {:.6g} %", *notice.facts.sli * 100);
  return out;
}

std::string since_line(const Notice& notice) {
  std::string out = format_instant(notice.starts_at);
  if (notice.ends_at) out += ", until " + format_instant(*notice.ends_at);
  return out;
}

std::string burning(const Notice& notice) {
  const Facts& facts = notice.facts;
  std::string out = fmt::format("{} is burning its {} error budget", notice.id(), notice.window);
  out += facts.long_burn ? fmt::format(" at {}x", rate(*facts.long_burn)) : " too fast";
  std::string numbers;
  if (facts.long_burn && facts.long_spent) {
    numbers = fmt::format("{} spent in {}", percent(*facts.long_spent),
                          format_duration(facts.long_window));
  }
  if (facts.remaining) {
    if (!numbers.empty()) numbers += ", ";
    numbers += left(*facts.remaining);
  }
  return numbers.empty() ? out : fmt::format("{}: {}", out, numbers);
}

std::string recovered(const Notice& notice) {
  std::string out = fmt::format("{} burn rate is back below the limit", notice.id());
  const std::optional<double> remaining = notice.facts.remaining;
  if (!remaining) return out;
  if (*remaining < 0) return fmt::format("{} ({})", out, left(*remaining));
  return fmt::format("{} ({} of the budget left)", out, percent(*remaining));
}

std::string slo_numbers(const Notice& notice) {
  const Facts& facts = notice.facts;
  std::string out;
  append_line(out, "Burn rate", burn_line(facts));
  if (facts.long_total > 0) {
    append_line(out, "Bad events",
                fmt::format("{} of {} in {}", count(facts.long_bad), count(facts.long_total),
                            format_duration(facts.long_window)));
  }
  append_line(out, "Objective", objective_line(notice));
  return out;
}

/// What is before the path in a link of the days when links led to the API. Nothing that follows
/// there holds a slash of its own, as names and expressions are percent-encoded.
std::string external_url_in(std::string_view link) {
  std::string_view url = link.substr(0, link.find_first_of("?#"));
  if (url.ends_with("/graph")) return std::string(url.substr(0, url.rfind('/')));
  url = url.substr(0, url.rfind("/api/v1/"));  // npos: the link is the external_url
  if (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

/// The first of these that is there and not empty.
std::string first_of(const std::map<std::string, std::string>& texts,
                     std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = texts.find(name);
    if (found != texts.end() && !found->second.empty()) return found->second;
  }
  return "";
}

std::optional<Notice::Kind> parse_kind(std::string_view text) {
  if (text == "firing") return Notice::Kind::firing;
  if (text == "resolved") return Notice::Kind::resolved;
  return std::nullopt;
}

}  // namespace

std::string Notice::id() const {
  if (!rule) return service + "/" + slo;
  if (rule->name.empty()) return alert::headline(*rule);
  return service.empty() ? rule->name : service + "/" + rule->name;
}

std::string Notice::identity() const {
  // No name holds a slash, and no such text begins as a JSON object does.
  if (!rule) return fmt::format("{}/{}/{}", service, slo, severity);
  return json_text(texts_json(rule->labels));
}

std::string Notice::link() const {
  if (external_url.empty()) return "";
  if (rule) return external_url + "/#/alerts";
  const auto segment = [](const std::string& text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
  };
  return fmt::format("{}/#/slo/{}/{}", external_url, segment(service), segment(slo));
}

Urgency Notice::urgency() const {
  if (severity == "page" || severity == "critical") return Urgency::critical;
  if (severity == "error") return Urgency::error;
  if (severity == "ticket" || severity == "warning") return Urgency::warning;
  return Urgency::info;
}

std::string Notice::headline() const {
  if (rule) return alert::headline(*rule);
  return one_line(kind == Kind::resolved ? recovered(*this) : burning(*this));
}

std::string Notice::summary() const {
  return kind == Kind::resolved ? "Resolved: " + headline() : headline();
}

std::string Notice::details() const {
  std::string out = rule ? particulars(*rule) : slo_numbers(*this);
  append_line(out, "Since", since_line(*this));
  append_line(out, "Severity", severity);
  append_line(out, "About", description);
  append_line(out, "Owner", owner);
  append_line(out, "Runbook", runbook);
  append_line(out, "Details", link());
  return out;
}

std::string Notice::text() const {
  return summary() + "\n" + details();
}

std::string_view to_string(Notice::Kind kind) {
  return kind == Notice::Kind::firing ? "firing" : "resolved";
}

std::string_view to_string(Urgency urgency) {
  switch (urgency) {
    case Urgency::critical:
      return "critical";
    case Urgency::error:
      return "error";
    case Urgency::warning:
      return "warning";
    case Urgency::info:
      break;
  }
  return "info";
}

Notice rule_notice(Notice::Kind kind, std::string key, RuleAlert alert, std::string external_url,
                   Instant starts_at, std::optional<Instant> ends_at, Instant sent_at) {
  Notice out;
  out.kind = kind;
  out.key = std::move(key);
  out.service = first_of(alert.labels, {"service", "job"});
  out.severity = first_of(alert.labels, {"severity"});
  out.owner = first_of(alert.labels, {"owner", "team"});
  out.runbook = first_of(alert.annotations, {"runbook_url", "runbook"});
  out.external_url = std::move(external_url);
  out.starts_at = starts_at;
  out.ends_at = ends_at;
  out.sent_at = sent_at;
  out.rule = std::move(alert);
  return out;
}

boost::json::object to_json(const Notice& notice) {
  boost::json::object out;
  out["kind"] = to_string(notice.kind);
  out["key"] = valid_utf8(notice.key);
  out["service"] = valid_utf8(notice.service);
  out["slo"] = valid_utf8(notice.slo);
  out["severity"] = valid_utf8(notice.severity);
  out["owner"] = valid_utf8(notice.owner);
  out["runbook"] = valid_utf8(notice.runbook);
  out["external_url"] = valid_utf8(notice.external_url);
  out["link"] = valid_utf8(notice.link());  // without it an older slod refuses to read the rest
  out["description"] = valid_utf8(notice.description);
  out["window"] = valid_utf8(notice.window);
  out["objective_ratio"] = notice.objective;
  out["starts_at"] = format_instant(notice.starts_at);
  out["ends_at"] = nullptr;
  if (notice.ends_at) out["ends_at"] = format_instant(*notice.ends_at);
  out["sent_at"] = format_instant(notice.sent_at);
  if (!notice.incident.empty()) {
    out["incident"] = valid_utf8(notice.incident);
    out["incident_goes_on"] = notice.incident_goes_on;
  }
  out["facts"] = to_json(notice.facts);
  if (notice.rule) out["rule"] = to_json(*notice.rule);
  return out;
}

std::expected<Notice, std::string> notice_from_json(const boost::json::value& value) {
  if (!value.is_object()) return std::unexpected("expected a stored notice to be an object");
  const boost::json::object& object = value.get_object();
  Fields fields(object);
  Notice notice;
  std::string kind;
  fields.text("kind", kind);
  if (const auto known = parse_kind(kind)) {
    notice.kind = *known;
  } else {
    fields.expected("kind", "firing or resolved");
  }
  fields.text("key", notice.key);
  fields.text("service", notice.service);
  fields.text("slo", notice.slo);
  fields.text("severity", notice.severity);
  fields.text("owner", notice.owner);
  fields.text("runbook", notice.runbook);
  std::string link;
  fields.text("link", link);
  if (object.contains("external_url")) {
    fields.text("external_url", notice.external_url);
  } else {
    notice.external_url = external_url_in(link);
  }
  fields.text("description", notice.description);
  fields.text("window", notice.window);
  fields.number("objective_ratio", notice.objective);
  fields.instant("starts_at", notice.starts_at);
  fields.instant("ends_at", notice.ends_at);
  fields.instant("sent_at", notice.sent_at);
  if (object.contains("incident")) {
    fields.text("incident", notice.incident);
    fields.boolean("incident_goes_on", notice.incident_goes_on);
  }
  auto facts = facts_from_json(object.if_contains("facts"));
  if (!facts) fields.fail(std::move(facts.error()));
  if (const boost::json::value* rule = object.if_contains("rule")) {
    auto read = rule_alert_from_json(*rule);
    if (read) {
      notice.rule = std::move(*read);
    } else {
      fields.fail(std::move(read.error()));
    }
  }
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  notice.facts = *facts;
  return notice;
}

}  // namespace slod::alert
