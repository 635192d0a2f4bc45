#include "lib/engine/stored_pieces.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slod {
namespace {

using Changes = std::vector<Keyed<int>>;

Changes difference(StoredPieces<int>& stored, const std::map<std::string, int>& current) {
  Changes changes;
  stored.take_difference(current, changes);
  return changes;
}

TEST(StoredPieces, AreStoredAgainWhereTheyChanged) {
  StoredPieces<int> stored;
  EXPECT_EQ(difference(stored, {}), Changes());
  EXPECT_EQ(difference(stored, {{"a", 1}, {"b", 2}}), (Changes{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(difference(stored, {{"a", 1}, {"b", 2}}), Changes());
  EXPECT_EQ(difference(stored, {{"a", 3}, {"c", 2}}),
            (Changes{{"b", std::nullopt}, {"a", 3}, {"c", 2}}));
}

TEST(StoredPieces, AreReplacedOrRemovedWhereTheyCouldNotBeRead) {
  StoredPieces<int> stored;
  stored.restore({{"a", 1}, {"b", std::nullopt}, {"c", std::nullopt}});
  ASSERT_NE(stored.find("a"), nullptr);
  EXPECT_EQ(*stored.find("a"), 1);
  EXPECT_EQ(stored.find("b"), nullptr);
  EXPECT_EQ(stored.find("d"), nullptr);
  EXPECT_EQ(difference(stored, {{"a", 1}, {"b", 2}}), (Changes{{"c", std::nullopt}, {"b", 2}}));
}

}  // namespace
}  // namespace slod
