#include "lib/alert/rule_alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "lib/alert/fields.h"
#include "lib/alert/plain_text.h"
#include "lib/json/text.h"
#include "lib/text/number.h"
#include "lib/text/utf8.h"

namespace slod::alert {
namespace {

using Texts = std::map<std::string, std::string>;

/// The first of these annotations that shows something, on one line; else an empty text.
std::string annotation(const RuleAlert& alert, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = alert.annotations.find(name);
    if (found == alert.annotations.end()) continue;
    std::string line = one_line(found->second);
    if (std::ranges::any_of(line, [](char c) { return c != ' '; })) return line;
  }
  return "";
}

/// `instance="a:80", job="api"`: without alertname.
std::string labels_line(const RuleAlert& alert) {
  std::string out;
  for (const auto& [name, value] : alert.labels) {
    if (name == "alertname" || value.empty()) continue;
    if (!out.empty()) out += ", ";
    out += one_line(name) + '=';
    append_json_text(out, value);
  }
  return out;
}

}  // namespace

std::string headline(const RuleAlert& alert) {
  if (std::string said = annotation(alert, {"summary", "title", "message"}); !said.empty()) {
    return said;
  }
  const std::string name = alert.name.empty() ? "An alert without a name" : one_line(alert.name);
  const std::string labels = labels_line(alert);
  return labels.empty() ? name : fmt::format("{}{{{}}}", name, labels);
}

std::string particulars(const RuleAlert& alert) {
  std::string out;
  const std::string about = annotation(alert, {"description", "message"});
  if (about != headline(alert)) append_line(out, "About", about);
  append_line(out, "Value", short_number(alert.value));
  append_line(out, "Labels", labels_line(alert));
  return out;
}

boost::json::object without_blanks(const Texts& texts) {
  Texts valid;  // what becomes valid may sort differently
  for (const auto& [name, text] : texts) {
    if (!text.empty()) valid.emplace(valid_utf8(name), valid_utf8(text));
  }
  return texts_json(valid);
}

boost::json::object to_json(const RuleAlert& alert) {
  return {{"name", valid_utf8(alert.name)},
          {"labels", texts_json(alert.labels)},
          {"annotations", texts_json(alert.annotations)},
          {"expr", valid_utf8(alert.expr)},
          {"value", short_number(alert.value)},
          {"interval_seconds", seconds(alert.interval)}};
}

std::expected<RuleAlert, std::string> rule_alert_from_json(const boost::json::value& value) {
  if (!value.is_object()) return std::unexpected("expected \"rule\" to be an object");
  const boost::json::object& object = value.get_object();
  Fields fields(object);
  RuleAlert alert;
  fields.text("name", alert.name);
  fields.texts("labels", alert.labels);
  fields.texts("annotations", alert.annotations);
  fields.text("expr", alert.expr);
  fields.number_text("value", alert.value);
  if (object.contains("interval_seconds")) fields.seconds("interval_seconds", alert.interval);
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  return alert;
}

}  // namespace slod::alert
