#include "lib/freeze/standing.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slod::freeze {
namespace {

const Instant before = parse_instant("2026-11-24T10:00:00Z").value();
const Instant now = parse_instant("2026-11-24T12:00:00Z").value();

Level level_after(Level level, std::vector<std::optional<double>> spent,
                  const Policy& policy = default_policy()) {
  return next({level, before}, policy, spent, now).level;
}

TEST(Standing, FollowsTheLadderWithHysteresis) {
  using enum Level;
  struct Case {
    Level from;
    std::optional<double> spent;
    Level to;
  };
  const Case cases[] = {
      {open, std::nullopt, open},
      {open, 0, open},
      {open, 0.5, open},  // half is not more than half
      {open, 0.5 + 1e-12, open},
      {open, 0.1 + 0.2 + 0.2, open},
      {open, 0.500001, feature_freeze},
      {open, 0.999999, feature_freeze},
      {open, 1.0, hotfix_only},  // a whole budget is gone
      {open, 1.0 - 1e-12, hotfix_only},
      {open, 14.4, hotfix_only},
      {feature_freeze, 0.5, feature_freeze},
      {feature_freeze, 0.49, feature_freeze},
      {feature_freeze, 0.48, feature_freeze},  // thaws below the margin, not at it
      {feature_freeze, 0.479999, open},
      {feature_freeze, 0, open},
      {feature_freeze, std::nullopt, open},
      {feature_freeze, 0.99, feature_freeze},
      {feature_freeze, 1.0, hotfix_only},
      {hotfix_only, 0.98, hotfix_only},
      {hotfix_only, 0.979999, feature_freeze},
      {hotfix_only, 0.49, feature_freeze},
      {hotfix_only, 0.47, open},
      {hotfix_only, std::nullopt, open},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(level_after(c.from, {c.spent, c.spent}), c.to)
        << to_string(c.from) << " at " << c.spent.value_or(-1);
  }
}

TEST(Standing, BeginsAnewOnlyWhenTheLevelChanges) {
  const std::vector<std::optional<double>> most = {0.7, 0.7};
  const Standing frozen = next({Level::open, before}, default_policy(), most, now);
  EXPECT_EQ(frozen, (Standing{Level::feature_freeze, now}));
  EXPECT_EQ(next(frozen, default_policy(), most, now + std::chrono::hours(1)), frozen);
}

TEST(Standing, IsBroughtByAnyStepOfALevel) {
  Policy policy = default_policy();
  policy.ladder.insert(policy.ladder.begin(),
                       {Level::feature_freeze, 0.25, std::chrono::days(7), {Change::feature}});
  EXPECT_EQ(level_after(Level::open, {0.3, 0.3, 0.3}, policy), Level::feature_freeze);
  EXPECT_EQ(level_after(Level::open, {0.1, 0.6, 0.6}, policy), Level::feature_freeze);
  EXPECT_EQ(level_after(Level::open, {0.2, 0.45, 0.45}, policy), Level::open);
}

TEST(Standing, OfAnEmptyLadderIsOpen) {
  EXPECT_EQ(level_after(Level::hotfix_only, {}, Policy{}), Level::open);
}

TEST(Standing, NeverFlapsWithinTheMargin) {
  constexpr unsigned seed = 20261124;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> wobble(0.4801, 0.5199);
  Standing standing{Level::open, before};
  int changes = 0;
  for (int i = 0; i < 1000; ++i) {
    const double spent = wobble(random);
    const Standing after =
        next(standing, default_policy(), std::vector<std::optional<double>>{spent, spent}, now);
    if (after.level != standing.level) ++changes;
    standing = after;
  }
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace slod::freeze
