#include "lib/engine/slo_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

static_assert(std::is_nothrow_move_constructible_v<SloState>, "a table that grows copies nothing");

using std::chrono::seconds;

SloId id(const std::string& name) {
  return {"api", name};
}

SloState state(const std::string& name) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = name;
  return {definition, seconds(15), Judgement{}, at(0)};
}

TEST(SloTable, FindsAnSloByItsHandleAndByItsId) {
  SloTable table;
  const SloHandle a = table.add(state("a"));
  const SloHandle b = table.add(state("b"));
  EXPECT_EQ(table[a].definition().name, "a");
  EXPECT_EQ(table.find(b)->definition().name, "b");
  EXPECT_EQ(table.handle(id("b")), b);
  EXPECT_EQ(table.handle(id("c")), std::nullopt);
  EXPECT_EQ(table.handles(), (std::vector<SloHandle>{a, b}));
}

TEST(SloTable, KeepsHandlesWhileOthersComeAndGo) {
  SloTable table;
  const SloHandle a = table.add(state("a"));
  const SloHandle b = table.add(state("b"));
  table.remove(a, at(1));
  std::vector<SloHandle> more;
  for (int i = 0; i < 100; ++i) more.push_back(table.add(state("more" + std::to_string(i))));
  EXPECT_EQ(table.find(a), nullptr);
  EXPECT_EQ(table.handle(id("a")), std::nullopt);
  EXPECT_EQ(table[b].definition().name, "b");
  EXPECT_EQ(table[more[42]].definition().name, "more42");
  EXPECT_EQ(table.handles().front(), b);
}

TEST(SloTable, KnowsAStaleHandleThoughItsSlotIsTakenAgain) {
  SloTable table;
  const SloHandle before = table.add(state("a"));
  table.remove(before, at(1));
  const SloHandle after = table.add(state("a"));
  EXPECT_EQ(after.slot, before.slot);
  EXPECT_EQ(table.find(before), nullptr);
  EXPECT_EQ(table.find(after)->definition().name, "a");
  EXPECT_EQ(table.find(SloHandle{}), nullptr) << "no table gives this handle";
  EXPECT_EQ(table.find(SloHandle{.slot = 7, .generation = 1}), nullptr);
}

TEST(SloTable, KeepsWhatWasRemovedUntilItIsForgottenOrBack) {
  SloTable table;
  const SloHandle a = table.add(state("a"));
  table.remove(a, at(10));
  table.add_removed(id("stored"), at(20));
  ASSERT_NE(table.removed(id("a")), nullptr);
  EXPECT_EQ(table.removed(id("a"))->since, at(10));
  EXPECT_EQ(table.removed(id("a"))->state->definition().name, "a");
  EXPECT_FALSE(table.removed(id("stored"))->state);
  EXPECT_EQ(table.all_removed().size(), 2U);

  EXPECT_EQ(table.forget_removed(at(9)), std::vector<SloId>());
  table.add(state("stored"));
  EXPECT_EQ(table.removed(id("stored")), nullptr) << "it is back";
  EXPECT_EQ(table.forget_removed(at(20)), (std::vector<SloId>{id("a")}));
  EXPECT_EQ(table.removed(id("a")), nullptr);
  EXPECT_TRUE(table.all_removed().empty());
}

TEST(SloTable, ShowsItsSlosInTheOrderThatIsAskedFor) {
  SloTable table;
  const SloHandle a = table.add(state("a"));
  const SloHandle b = table.add(state("b"));
  table.set_order({b, a});
  const SloHandle c = table.add(state("c"));
  EXPECT_EQ(table.handles(), (std::vector<SloHandle>{b, a, c}));
}

/// Against a map from names to handles, with every handle that was ever given kept in mind.
TEST(SloTable, AgreesWithAMapOverRandomComingsAndGoings) {
  const unsigned seed = 20260102;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  SloTable table;
  std::map<std::string, SloHandle> there;
  std::vector<SloHandle> gone;
  for (int i = 0; i < 3000; ++i) {
    const std::string name = std::to_string(random() % 40);
    if (const auto known = there.find(name); known != there.end()) {
      table.remove(known->second, at(i));
      gone.push_back(known->second);
      there.erase(known);
    } else {
      const SloHandle handle = table.add(state(name));
      ASSERT_EQ(std::ranges::find(gone, handle), gone.end())
          << "a stale handle would be valid again";
      there.emplace(name, handle);
    }
    ASSERT_EQ(table.handles().size(), there.size());
  }
  for (const auto& [name, handle] : there) {
    ASSERT_EQ(table.handle(id(name)), handle);
    ASSERT_EQ(table[handle].definition().name, name);
  }
  for (const SloHandle handle : gone) ASSERT_EQ(table.find(handle), nullptr);
}

}  // namespace
}  // namespace slod
