#include <fmt/format.h>

#include <algorithm>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

constexpr Duration hold_most = std::chrono::days(365);

void read_texts(Section& section, std::string_view key, std::map<std::string, std::string>& out) {
  const YamlNode* node = section.take(key);
  if (node == nullptr) return;
  for (const auto& [name, value] :
       free_entries(section.scope(), *node, fmt::format("{} and their texts", key))) {
    std::string written;
    if (const auto label = label_name().parse(name.name); !label) {
      section.scope().error(name.mark, label.error());
    } else if (section.read(*value, written, text())) {
      out[name.name] = written;
    }
  }
}

Rule read_rule(Scope& scope, const YamlNode& node) {
  Section section(scope, node, "a rule");
  Rule rule;
  const auto kind = section.take_one_of({"alert", "record"});
  const bool records = kind && kind->first == 1;
  if (kind) section.read(*kind->second, records ? rule.record : rule.alert, text());
  section.required("expr", rule.expr, text());
  read_texts(section, "labels", rule.labels);
  if (!records) {
    section.optional("for", rule.hold, duration(Duration(0), hold_most));
    section.optional("keep_firing_for", rule.keep_firing_for, duration(Duration(0), hold_most));
    read_texts(section, "annotations", rule.annotations);
    section.optional("severity", rule.severity, name());
    section.optional("summary", rule.summary, text());
  }
  section.finish();
  return rule;
}

}  // namespace

void read_rules(Section& top, Draft& draft) {
  const std::vector<YamlNode>& rules = top.list("rules");
  for (const YamlNode& node : rules) draft.config.rules.push_back(read_rule(top.scope(), node));
  if (!rules.empty()) {
    top.scope().warn(top.key_mark("rules"),
                     "rules are read and checked, but not acted on in this version");
  }
  const std::vector<YamlNode>& files = top.list("rule_files");
  for (const YamlNode& node : files) {
    std::string pattern;
    if (top.read(node, pattern, text())) {
      draft.config.rule_files.push_back(top.scope().resolve(pattern));
    }
  }
  if (!files.empty()) {
    top.scope().warn(top.key_mark("rule_files"),
                     "rule_files are read and checked, but not acted on in this version");
  }
}

}  // namespace slod::config
