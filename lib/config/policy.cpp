#include <fmt/format.h>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

/// A level that a step brings: any but the one below the ladder.
std::expected<freeze::Level, std::string> parse_step_level(std::string_view text) {
  const auto level = freeze::parse_level(text);
  if (level && *level != freeze::Level::open) return *level;
  return std::unexpected(fmt::format("expected feature_freeze or hotfix_only, found \"{}\"", text));
}

freeze::Step read_step(Scope& scope, const YamlNode& node) {
  Section section(scope, node, "a step of the ladder");
  freeze::Step step;
  section.required("level", step.level, word("a level", parse_step_level));
  section.required("spent", step.spent, ratio(0, 10, true));
  section.optional("over", step.over, duration(std::chrono::minutes(1), std::chrono::days(365)));
  if (section.take_required("deny") != nullptr) {
    for (const YamlNode& item : section.list("deny")) {
      freeze::Change change{};
      if (section.read(item, change, word("a kind of change", freeze::parse_change))) {
        step.deny.push_back(change);
      }
    }
  }
  section.finish();
  return step;
}

/// Among the steps that measure the same stretch of time, each must be a higher level at a higher
/// threshold than the one before.
void check_rising(Scope& scope, const YamlNode& node, const std::vector<freeze::Step>& before,
                  const freeze::Step& step) {
  for (const freeze::Step& lower : before) {
    if (lower.over != step.over) continue;
    if (step.level <= lower.level) {
      scope.error(node.mark, fmt::format("expected a level above {} in this step, found {}",
                                         to_string(lower.level), to_string(step.level)));
      return;
    }
    if (step.spent <= lower.spent) {
      scope.error(
          node.mark,
          fmt::format("expected a threshold above the {:g}% of {} in this step, found {:g}%",
                      lower.spent * 100, to_string(lower.level), step.spent * 100));
      return;
    }
  }
}

}  // namespace

void read_freeze(Section& top, Draft& draft) {
  auto section = top.section("freeze", "freeze");
  if (!section) return;
  Scope& scope = section->scope();
  const std::size_t errors_before = scope.errors();
  freeze::Policy policy = freeze::default_policy();
  if (const YamlNode* ladder = section->take("ladder"); ladder != nullptr) {
    policy.ladder.clear();
    for (const YamlNode& node : section->list("ladder")) {
      const std::size_t errors_of_step = scope.errors();
      freeze::Step step = read_step(scope, node);
      if (scope.errors() != errors_of_step) continue;
      check_rising(scope, node, policy.ladder, step);
      policy.ladder.push_back(std::move(step));
    }
    if (ladder->kind == YamlNode::Kind::list && ladder->values.empty()) {
      scope.error(ladder->mark, "expected at least one step in the ladder, found none");
    }
  }
  section->optional("thaw_margin", policy.thaw_margin, ratio(0, 0.99, false));
  section->finish();
  if (scope.errors() == errors_before) {
    if (const auto checked = freeze::check(policy); !checked) {
      scope.error(section->mark(), checked.error());
    }
  }
  draft.config.freeze = std::move(policy);
}

}  // namespace slod::config
