#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

TEST(DatabaseFile, IsMadeWithItsDirectoryForTheOwnerAlone) {
  const ScratchDirectory scratch;
  const auto file = scratch.path() / "a ?#% name" / "state" / "slod.db";
  auto database = open_sqlite(file);
  ASSERT_TRUE(database) << database.error();
  Changes changes;
  changes.outbox.push_back(
      {.id = "one", .receiver = "oncall", .notice = {}, .created = Instant(std::chrono::days(1))});
  ASSERT_TRUE((*database)->commit(changes));
  const auto mode = [](const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  };
  EXPECT_EQ(mode(file.parent_path()), 0700U);
  EXPECT_EQ(mode(file), 0600U);
  EXPECT_EQ(mode(file.string() + "-wal"), 0600U);
}

TEST(DatabaseFile, IsANewOneWhereItIsEmpty) {
  const ScratchDirectory scratch;
  write_bytes(scratch.state_file(), "");
  auto database = open_sqlite(scratch.state_file());
  ASSERT_TRUE(database) << database.error();
  EXPECT_TRUE((*database)->load()->slos.empty());
  EXPECT_TRUE((*database)->pending_messages()->empty());
  EXPECT_TRUE((*database)->commit({}));
}

}  // namespace
}  // namespace slod
