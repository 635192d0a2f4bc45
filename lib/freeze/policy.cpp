#include "lib/freeze/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace slod::freeze {

std::expected<Change, std::string> parse_change(std::string_view text) {
  for (Change change : {Change::feature, Change::fix, Change::hotfix}) {
    if (text == to_string(change)) return change;
  }
  return std::unexpected(fmt::format("expected feature, fix or hotfix, found \"{}\"", text));
}

std::expected<Level, std::string> parse_level(std::string_view text) {
  for (Level level : {Level::open, Level::feature_freeze, Level::hotfix_only}) {
    if (text == to_string(level)) return level;
  }
  return std::unexpected(
      fmt::format("expected open, feature_freeze or hotfix_only, found \"{}\"", text));
}

std::string_view to_string(Change change) {
  switch (change) {
    case Change::feature:
      return "feature";
    case Change::fix:
      return "fix";
    case Change::hotfix:
      return "hotfix";
  }
  return "";
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::open:
      return "open";
    case Level::feature_freeze:
      return "feature_freeze";
    case Level::hotfix_only:
      return "hotfix_only";
  }
  return "";
}

Policy default_policy() {
  Policy policy;
  policy.ladder = {
      {Level::feature_freeze, 0.5, std::nullopt, {Change::feature}},
      {Level::hotfix_only, 1.0, std::nullopt, {Change::feature, Change::fix}},
  };
  return policy;
}

std::expected<void, std::string> check(const Policy& policy) {
  // Written so that NaN is found wrong too.
  if (!(policy.thaw_margin >= 0 && policy.thaw_margin < 1)) {
    return std::unexpected(fmt::format("expected a thaw_margin from 0 % to below 100 %, found {} %",
                                       policy.thaw_margin * 100));
  }
  for (const Step& step : policy.ladder) {
    if (step.level == Level::open) {
      return std::unexpected(
          "expected each step of the ladder to be feature_freeze or hotfix_only, found open");
    }
    if (!(step.spent > policy.thaw_margin)) {
      return std::unexpected(
          fmt::format("expected {} above the thaw_margin of {} % (or it would never thaw), "
                      "found spent: {} %",
                      to_string(step.level), policy.thaw_margin * 100, step.spent * 100));
    }
    if (step.over && *step.over <= Duration::zero()) {
      return std::unexpected(
          fmt::format("expected an `over` above 0s, found {}", format_duration(*step.over)));
    }
  }
  return {};
}

bool denies(const Step& step, Change change) {
  return std::ranges::find(step.deny, change) != step.deny.end();
}

bool denies(const Policy& policy, Level level, Change change) {
  return std::ranges::any_of(
      policy.ladder, [&](const Step& step) { return step.level <= level && denies(step, change); });
}

}  // namespace slod::freeze
