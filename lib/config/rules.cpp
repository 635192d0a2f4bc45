#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "lib/config/draft.h"
#include "lib/promql/characters.h"
#include "lib/promql/parser.h"
#include "lib/rules/template.h"

namespace slod::config {
namespace {

constexpr Duration duration_most = std::chrono::days(365);
constexpr std::string_view inline_group_name = "rules";

/// A text that may be empty, as Prometheus takes it.
Scalar<std::string> any_text() {
  return {"a text", [](const std::string& found) -> std::expected<std::string, std::string> {
            return found;
          }};
}

Scalar<std::string> rule_label_name() {
  return {"a label name", [](const std::string& found) -> std::expected<std::string, std::string> {
            const bool fits = !found.empty() && promql::is_alpha(found[0]) &&
                              std::ranges::all_of(found, promql::is_alphanumeric);
            if (fits && found != "__name__") return found;
            return std::unexpected(
                fmt::format("expected a label name of letters, digits and _{}, found \"{}\"",
                            fits ? " other than __name__" : "", found));
          }};
}

Scalar<std::string> metric_name() {
  return {"a metric name", [](const std::string& found) -> std::expected<std::string, std::string> {
            const bool fits = !found.empty() && !promql::is_digit(found[0]) &&
                              std::ranges::all_of(found, [](char c) {
                                return promql::is_alphanumeric(c) || c == ':';
                              });
            if (fits) return found;
            return std::unexpected(fmt::format(
                "expected a metric name of letters, digits, _ and : for what is recorded, found "
                "\"{}\"",
                found));
          }};
}

enum class Texts { plain, templates };

void check_template(Scope& scope, const YamlNode& node) {
  if (auto read = rules::Template::parse(node.scalar); !read) {
    scope.error_inside(node, read.error().offset, std::move(read.error().message));
  }
}

/// Names and texts; where `kind` says so, templates that slod can expand.
void read_texts(Section& section, std::string_view key, Texts kind,
                std::map<std::string, std::string>& out) {
  const YamlNode* node = section.take(key);
  if (node == nullptr || node->kind == YamlNode::Kind::null) return;
  Scope& scope = section.scope();
  for (const auto& [name, value] :
       free_entries(scope, *node, fmt::format("{} and their texts", key))) {
    std::string written;
    if (const auto label = rule_label_name().parse(name.name); !label) {
      scope.error(name.mark, label.error());
      continue;
    }
    if (value->kind != YamlNode::Kind::null && !section.read(*value, written, any_text())) continue;
    if (kind == Texts::templates) check_template(scope, *value);
    out[name.name] = std::move(written);
  }
}

/// A text that labels or annotations may hold under the same name, as a shorter way to write it.
void read_short(Section& section, std::string_view key, Texts kind,
                const Scalar<std::string>& reader, std::map<std::string, std::string>& out) {
  std::string written;
  const YamlNode* node = section.take(key);
  if (node == nullptr || !section.read(*node, written, reader)) return;
  if (kind == Texts::templates) check_template(section.scope(), *node);
  if (!out.emplace(key, std::move(written)).second) {
    section.scope().error(section.key_mark(key),
                          fmt::format("expected {} once in a rule, found it again", key));
  }
}

void read_expression(Section& section, rules::Rule& rule) {
  const YamlNode* node = section.take_required("expr");
  if (node == nullptr || !section.read(*node, rule.expr, text())) return;
  Scope& scope = section.scope();
  auto parsed = promql::parse(rule.expr);
  if (!parsed) {
    const promql::QueryError& error = parsed.error();
    scope.error_inside(*node, error.is_of_grammar ? error.position.begin : 0,
                       fmt::format("expected PromQL, found: {}", error.message));
    return;
  }
  const promql::ValueType type = (*parsed)->type();
  if (type != promql::ValueType::vector && type != promql::ValueType::scalar) {
    scope.error(node->mark, fmt::format("expected an expression for an instant vector or a scalar, "
                                        "found one for a {}",
                                        promql::documented_name(type)));
  }
  rule.parsed = std::move(*parsed);
}

void refuse_in_recording(Section& section) {
  for (const std::string_view key : {"for", "keep_firing_for", "annotations"}) {
    if (section.take(key) == nullptr) continue;
    section.scope().error(section.key_mark(key),
                          fmt::format("expected {} in a rule with alert only, found it in one "
                                      "with record",
                                      key));
  }
}

enum class Written { in_configuration, in_rule_file };

void read_alert(Section& section, Written where, rules::Rule& rule) {
  const Scalar<Duration> length = duration(Duration(0), duration_most);
  section.optional("for", rule.hold, length);
  section.optional("keep_firing_for", rule.keep_firing_for, length);
  read_texts(section, "labels", Texts::templates, rule.labels);
  read_texts(section, "annotations", Texts::templates, rule.annotations);
  if (where == Written::in_rule_file) return;
  read_short(section, "severity", Texts::plain, name(), rule.labels);
  read_short(section, "summary", Texts::templates, text(), rule.annotations);
}

/// Nullopt after an error.
std::optional<rules::Rule> read_rule(Scope& scope, const YamlNode& node, Written where,
                                     const std::map<std::string, std::string>& group_labels,
                                     Draft& draft) {
  const std::size_t errors_before = scope.errors();
  Section section(scope, node, "a rule");
  rules::Rule rule;
  const auto kind = section.take_one_of({"alert", "record"});
  const bool records = kind && kind->first == 1;
  if (kind) {
    section.read(*kind->second, records ? rule.record : rule.alert,
                 records ? metric_name() : text());
  }
  read_expression(section, rule);
  if (records) {
    read_texts(section, "labels", Texts::plain, rule.labels);
    refuse_in_recording(section);
  } else {
    read_alert(section, where, rule);
  }
  section.finish();
  if (scope.errors() != errors_before) return std::nullopt;
  rule.labels.insert(group_labels.begin(), group_labels.end());  // the rule's own outweigh them
  if (rule.is_alert()) {
    const auto severity = rule.labels.find("severity");
    draft.alerts.push_back(
        {rule.alert,
         severity == rule.labels.end() ? std::nullopt : std::optional(severity->second),
         {&scope, kind->second->mark}});
  }
  return rule;
}

/// Two rules of the same name and labels write to the same series.
void warn_of_twins(Scope& scope, Mark mark, const rules::Group& group) {
  std::set<std::pair<std::string, std::map<std::string, std::string>>> known;
  for (const rules::Rule& rule : group.rules) {
    const std::string& name = rule.is_alert() ? rule.alert : rule.record;
    if (known.emplace(name, rule.labels).second) continue;
    scope.warn(mark, fmt::format("expected rules that differ in name or labels in the group {}, "
                                 "found two of {}",
                                 group.name, name));
  }
}

/// The items of a list that may be left empty: `rules:` alone.
const std::vector<YamlNode>& list_or_nothing(Section& section, std::string_view key) {
  const YamlNode* node = section.take(key);
  const bool is_nothing = node != nullptr && node->kind == YamlNode::Kind::null;
  return is_nothing ? node->values : section.list(key);
}

void read_group(Scope& scope, const YamlNode& node, const std::string& file,
                std::map<std::string, Place>& names, Draft& draft) {
  Section section(scope, node, "a group of rules");
  DraftGroup read;
  rules::Group& group = read.group;
  group.file = file;
  section.required("name", group.name, text());
  read.has_interval =
      section.optional("interval", group.interval, duration(Duration(0), duration_most)) &&
      group.interval > Duration(0);
  section.optional("query_offset", group.query_offset, duration(Duration(0), duration_most));
  section.optional("limit", group.limit, whole_number(0));
  std::map<std::string, std::string> labels;
  read_texts(section, "labels", Texts::plain, labels);
  for (const YamlNode& each : list_or_nothing(section, "rules")) {
    if (auto rule = read_rule(scope, each, Written::in_rule_file, labels, draft)) {
      group.rules.push_back(std::move(*rule));
    }
  }
  section.finish();
  if (group.name.empty()) return;
  const Place place{&scope, section.mark("name")};
  if (!note_once(names, group.name, place, "a group of the name")) return;
  warn_of_twins(scope, place.mark, group);
  draft.rule_groups.push_back(std::move(read));
}

}  // namespace

void read_rules(Section& top, Draft& draft) {
  Scope& scope = top.scope();
  DraftGroup read;
  read.group.name = inline_group_name;
  read.group.file = scope.file();
  for (const YamlNode& node : top.list("rules")) {
    if (auto rule = read_rule(scope, node, Written::in_configuration, {}, draft)) {
      read.group.rules.push_back(std::move(*rule));
    }
  }
  if (!read.group.rules.empty()) {
    warn_of_twins(scope, top.key_mark("rules"), read.group);
    draft.rule_groups.push_back(std::move(read));
  }
  for (const YamlNode& node : top.list("rule_files")) {
    std::string pattern;
    if (top.read(node, pattern, text())) {
      draft.rule_patterns.push_back({scope.resolve(pattern), {&scope, node.mark}});
    }
  }
}

void read_rule_file(Scope& scope, const YamlNode& root, Draft& draft) {
  Section top(scope, root, "a file of rules");
  std::map<std::string, Place> names;
  for (const YamlNode& node : list_or_nothing(top, "groups")) {
    read_group(scope, node, scope.file(), names, draft);
  }
  top.finish();
}

void finish_rules(Draft& draft) {
  Config& config = draft.config;
  Duration& usual = config.alerting.evaluation_interval;
  if (!draft.evaluation_interval_given) {
    // As often as there is news, but not more often than once a second.
    for (const ScrapeJob& job : config.scrape) usual = std::min(usual, job.interval);
    for (const PrometheusServer& server : config.prometheus) {
      usual = std::min(usual, server.interval);
    }
    usual = std::max<Duration>(usual, std::chrono::seconds(1));
  }
  for (DraftGroup& read : draft.rule_groups) {
    if (!read.has_interval) read.group.interval = usual;
    config.rule_groups.push_back(std::make_shared<const rules::Group>(std::move(read.group)));
  }
}

}  // namespace slod::config
