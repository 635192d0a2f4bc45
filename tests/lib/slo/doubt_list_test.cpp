#include "lib/slo/doubt_list.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>

#include "lib/slo/budget.h"

namespace slod {
namespace {

Instant at(double second) {
  return Instant(std::chrono::hours(400'000)) + duration_from_seconds(second);
}

constexpr Duration hour = std::chrono::hours(1);

Doubt doubt(DoubtReason reason, double from, double to, double total, double bad,
            bool is_counted = false, const std::string& source = "a") {
  return {.reason = reason,
          .source = source,
          .is_counted = is_counted,
          .total = total,
          .bad = bad,
          .when = {at(from), at(to)}};
}

TEST(DoubtList, KnowsTheDoubtsThatTouchAWindowTheLargestFirst) {
  DoubtList list;
  list.add(doubt(DoubtReason::birth, 0, 10, 5, 1), hour);
  list.add(doubt(DoubtReason::dip, 20, 30, 9, 9), hour);
  list.add(doubt(DoubtReason::restart, 40, 50, 7, 1), hour);
  const auto all = list.over({at(0), at(100)});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].reason, DoubtReason::dip);
  EXPECT_EQ(all[1].reason, DoubtReason::restart);
  EXPECT_EQ(all[2].reason, DoubtReason::birth);
  EXPECT_EQ(list.over({at(10), at(20)}).size(), 0U);
  EXPECT_EQ(list.over({at(9), at(21)}).size(), 2U);
  list.forget_before(at(30));
  EXPECT_EQ(list.over({at(0), at(100)}).size(), 1U);
}

TEST(DoubtList, StaysSmallAndForgetsNoEvent) {
  std::mt19937_64 random(1);
  const auto below = [&](int sides) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(sides));
  };
  DoubtList list;
  DoubtfulCounts all;
  for (int i = 0; i < 3000; ++i) {
    const double from = 15.0 * i;
    Doubt added = doubt(static_cast<DoubtReason>(below(5)), from, from + 15, 3 + below(5), below(3),
                        below(2) == 0, "source " + std::to_string(below(50)));
    added.changes_sides = below(4) == 0;
    if (added.changes_sides) added.total = added.bad;
    all.add(added);
    list.add(added, hour);
    DoubtfulCounts kept;
    for (const Doubt& each : list.over({at(-1), at(1e6)})) kept.add(each);
    ASSERT_LE(list.over({at(-1), at(1e6)}).size(), DoubtList::most);
    ASSERT_EQ(kept, all);
  }
}

TEST(DoubtList, UnitesWhatIsAlikeAndNear) {
  DoubtList list;
  list.add(doubt(DoubtReason::birth, 0, 15, 1, 0), hour);
  list.add(doubt(DoubtReason::birth, 15, 30, 2, 1), hour);
  EXPECT_EQ(list.over({at(0), at(100)}), (std::vector{doubt(DoubtReason::birth, 0, 30, 3, 1)}));
}

TEST(DoubtList, UnitesOnlyToAPartOfTheLongestWindow) {
  DoubtList list;
  for (int i = 0; i < 120; ++i) list.add(doubt(DoubtReason::birth, i, i + 1, 1, 1), hour / 60);
  DoubtfulCounts last;
  for (const Doubt& each : list.over({at(60), at(120)})) last.add(each);
  EXPECT_GE(last.left_out_bad, 60);
  EXPECT_LE(last.left_out_bad, 62);
}

TEST(DoubtList, UnitesNoEventsThatChangeSidesWithSuchThatMayBeNone) {
  DoubtList list;
  Doubt changed = doubt(DoubtReason::birth, 15, 30, 2, 2);
  changed.changes_sides = true;
  list.add(doubt(DoubtReason::birth, 0, 15, 1, 0), hour);
  list.add(changed, hour);
  DoubtfulCounts counts;
  for (const Doubt& each : list.over({at(0), at(100)})) counts.add(each);
  EXPECT_EQ(counts, (DoubtfulCounts{.left_out_good = 1, .good_maybe_bad = 2}));
  DoubtList back;
  ASSERT_TRUE(back.restore(list.state()));
  EXPECT_EQ(back.over({at(0), at(100)}), list.over({at(0), at(100)}));
}

TEST(DoubtList, ReadsWhatWasStoredBeforeEventsChangedSides) {
  DoubtList list;
  const boost::json::value stored = boost::json::parse(
      R"([{"reason":"birth","source":"a","counted":true,"events":["3","1"],
           "from_ms":0,"to_ms":15}])");
  ASSERT_TRUE(list.restore(stored));
  EXPECT_FALSE(list.over({Instant(Duration(0)), Instant(Duration(100))}).at(0).changes_sides);
}

TEST(DoubtList, IsReadBackAsItWas) {
  DoubtList list;
  list.add(doubt(DoubtReason::rename, 0, 15, 0.1, 0.05, true, "scrape/a \"b\""), hour);
  list.add(doubt(DoubtReason::unread, 40, 45, 7, 7), hour);
  DoubtList back;
  ASSERT_TRUE(back.restore(list.state()));
  EXPECT_EQ(back.over({at(0), at(100)}), list.over({at(0), at(100)}));
  for (const char* damaged : {"x", R"({"reason":"birth"})"}) {
    EXPECT_FALSE(back.restore(boost::json::array{damaged}));
  }
  EXPECT_FALSE(back.restore("doubts"));
}

Ledger ledger_of(double total, double bad) {
  Ledger ledger(std::chrono::seconds(15), std::chrono::hours(1));
  ledger.begin(at(0));
  ledger.record({at(0), at(3600)}, {total, bad});
  ledger.account({at(0), at(3600)}, 1, 0);
  return ledger;
}

SloDefinition definition() {
  SloDefinition slo;
  slo.objective = 0.9;
  slo.window = RollingWindow{std::chrono::hours(1)};
  slo.cold_start = ColdStart::observed;
  return slo;
}

TEST(Budget, SaysTheLeastAndTheWorstThatMayBeSpent) {
  const Ledger ledger = ledger_of(1000, 50);
  const Budget certain = budget(ledger, definition(), at(3600));
  EXPECT_EQ(certain.spent_least_ratio, certain.spent_ratio);
  EXPECT_EQ(certain.spent_worst_ratio, certain.spent_ratio);
  const Budget doubtful =
      budget(ledger, definition(), at(3600),
             {.counted_good = 100, .counted_bad = 20, .left_out_good = 30, .left_out_bad = 10});
  EXPECT_EQ(doubtful.spent_ratio, certain.spent_ratio);
  EXPECT_DOUBLE_EQ(*doubtful.spent_worst_ratio, 60 / (0.1 * (1000 + 10 - 100)));
  EXPECT_DOUBLE_EQ(*doubtful.spent_least_ratio, 30 / (0.1 * (1000 - 20 + 30)));
}

TEST(Budget, IsInDoubtWhereAllOfItIs) {
  const Ledger ledger = ledger_of(0, 0);
  const Budget bad =
      budget(ledger, definition(), at(3600), {.left_out_good = 100, .left_out_bad = 50});
  EXPECT_FALSE(bad.spent_ratio);
  EXPECT_EQ(bad.spent_least_ratio, 0);
  EXPECT_DOUBLE_EQ(*bad.spent_worst_ratio, 10);
  EXPECT_EQ(budget(ledger, definition(), at(3600), {.left_out_good = 100}).spent_worst_ratio, 0);
}

}  // namespace
}  // namespace slod
