#include "lib/alert/burn_rate_rule.h"

#include <gtest/gtest.h>

namespace slod::alert {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(BurnRateRules, AreTheWorkbooksForThirtyDays) {
  const std::vector<BurnRateRule> rules = default_rules();
  EXPECT_EQ(scaled(rules, days(30), seconds(15)), rules);
  // What is spent when they fire: 2 %, 5 %, 10 % and 10 % of the budget (table 5-8).
  const double spent[] = {0.02, 0.05, 0.1, 0.1};
  ASSERT_EQ(rules.size(), std::size(spent));
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_NEAR(rules[i].factor * slod::seconds(rules[i].long_window) / (30 * 86400.0), spent[i],
                1e-12);
    EXPECT_EQ(rules[i].short_window * 12, rules[i].long_window);
  }
}

TEST(BurnRateRules, ScaleWithTheWindowOfTheSlo) {
  const std::vector<BurnRateRule> week = scaled(default_rules(), days(7), seconds(15));
  EXPECT_EQ(week[0], (BurnRateRule{"page", seconds(840), seconds(70), 14.4}));
  EXPECT_EQ(week[3], (BurnRateRule{"ticket", seconds(60480), seconds(5040), 1}));
  const std::vector<BurnRateRule> quarter = scaled(default_rules(), days(90), seconds(15));
  EXPECT_EQ(quarter[0], (BurnRateRule{"page", hours(3), minutes(15), 14.4}));
}

TEST(BurnRateRules, NeverLookAtFewerSamplesThanARateNeeds) {
  for (const Duration window : {Duration(minutes(1)), Duration(hours(1)), Duration(days(1))}) {
    for (const BurnRateRule& rule : scaled(default_rules(), window, seconds(15))) {
      EXPECT_GE(rule.short_window, seconds(30));
      EXPECT_GE(rule.long_window, seconds(60));
    }
  }
  EXPECT_EQ(scaled(default_rules(), minutes(1), seconds(1))[0],
            (BurnRateRule{"page", seconds(4), seconds(2), 14.4}));
}

TEST(BurnRateRules, AreUnreachableWhereATotalOutageBurnsTooSlowly) {
  struct Case {
    double factor, objective;
    bool reachable;
  };
  for (const Case& c :
       {Case{14.4, 0.999, true}, Case{14.4, 0.9306, true}, Case{14.4, 0.93, false},
        Case{14.4, 0.9, false}, Case{6, 0.9, true}, Case{4, 0.75, false}, Case{1, 0.1, true}}) {
    EXPECT_EQ(reachable({"page", hours(1), minutes(5), c.factor}, c.objective), c.reachable)
        << c.factor << " at " << c.objective;
  }
}

}  // namespace
}  // namespace slod::alert
