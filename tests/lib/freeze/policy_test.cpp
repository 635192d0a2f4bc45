#include "lib/freeze/policy.h"

#include <gtest/gtest.h>

#include <limits>

namespace slod::freeze {
namespace {

TEST(Change, IsReadFromItsWordAndNothingElse) {
  for (const Change change : {Change::feature, Change::fix, Change::hotfix}) {
    EXPECT_EQ(parse_change(to_string(change)), change);
  }
  EXPECT_EQ(parse_change("Feature").error(), "expected feature, fix or hotfix, found \"Feature\"");
  EXPECT_FALSE(parse_change(""));
}

TEST(Level, IsReadFromItsWordAndNothingElse) {
  for (const Level level : {Level::open, Level::feature_freeze, Level::hotfix_only}) {
    EXPECT_EQ(parse_level(to_string(level)), level);
  }
  EXPECT_EQ(parse_level("shut").error(),
            "expected open, feature_freeze or hotfix_only, found \"shut\"");
}

TEST(Policy, DeniesWhatAnyStepUpToTheLevelDenies) {
  const Policy policy = default_policy();
  struct Case {
    Level level;
    bool feature, fix, hotfix;
  };
  for (const Case& c :
       {Case{Level::open, false, false, false}, Case{Level::feature_freeze, true, false, false},
        Case{Level::hotfix_only, true, true, false}}) {
    EXPECT_EQ(denies(policy, c.level, Change::feature), c.feature) << to_string(c.level);
    EXPECT_EQ(denies(policy, c.level, Change::fix), c.fix) << to_string(c.level);
    EXPECT_EQ(denies(policy, c.level, Change::hotfix), c.hotfix) << to_string(c.level);
  }
}

TEST(Policy, IsCheckedForWhatCouldNeverThaw) {
  EXPECT_TRUE(check(default_policy()));
  EXPECT_TRUE(check(Policy{}));

  Policy margin = default_policy();
  margin.thaw_margin = 1;
  EXPECT_EQ(check(margin).error(), "expected a thaw_margin from 0 % to below 100 %, found 100 %");
  margin.thaw_margin = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(check(margin));

  Policy open = default_policy();
  open.ladder[0].level = Level::open;
  EXPECT_FALSE(check(open));

  Policy low = default_policy();
  low.ladder[0].spent = 0.02;
  EXPECT_EQ(check(low).error(),
            "expected feature_freeze above the thaw_margin of 2 % (or it would never thaw), "
            "found spent: 2 %");

  Policy over = default_policy();
  over.ladder[1].over = Duration(0);
  EXPECT_EQ(check(over).error(), "expected an `over` above 0s, found 0s");
}

}  // namespace
}  // namespace slod::freeze
