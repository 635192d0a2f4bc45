#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/daemon/store/sqlite/raw_file.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

TEST(NamedTable, KeepsARowThatItDoesNotKnowAndSaysSoAtEachStart) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(open_sqlite(scratch.state_file()));
  execute(scratch.state_file(), "INSERT INTO named(name, state) VALUES('override/api', '{}')");
  for (int start = 0; start < 2; ++start) {
    const auto database = open_sqlite(scratch.state_file()).value();
    const Restored restored = database->load().value();
    EXPECT_TRUE(restored.remembered.empty());
    EXPECT_EQ(restored.problems,
              std::vector<std::string>{"the stored state has \"override/api\", which this version "
                                       "of slod does not know; it is kept"});
    for (const std::optional<Instant> removed :
         {std::optional(Instant()), std::optional<Instant>()}) {
      Changes changes;
      changes.remembered.removals.push_back({"api/gone", removed});
      ASSERT_TRUE(database->commit(changes));
    }
  }
}

TEST(NamedTable, ReplacesARowThatCannotBeRead) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(open_sqlite(scratch.state_file()));
  execute(scratch.state_file(),
          "INSERT INTO named(name, state) VALUES('removed/api/gone', 'yesterday')");
  const auto database = open_sqlite(scratch.state_file()).value();
  Restored restored = database->load().value();
  EXPECT_EQ(restored.problems.size(), 1U);
  ASSERT_EQ(restored.remembered.removals.size(), 1U);
  EXPECT_FALSE(restored.remembered.removals[0].value);
  Changes changes;
  changes.remembered = restored.remembered;
  ASSERT_TRUE(database->commit(changes));
  EXPECT_TRUE(database->load()->problems.empty());
}

}  // namespace
}  // namespace slod
