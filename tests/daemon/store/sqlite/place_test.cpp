// The state's files are taken away, exchanged or emptied, while slod runs or before it starts.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

namespace fs = std::filesystem;

Changes mark(const std::string& name) {
  Changes changes;
  changes.remembered.removals.push_back({name, Instant(std::chrono::hours(1))});
  return changes;
}

class StatePlace : public testing::Test {
 protected:
  StatePlace() {
    fs::create_directory(directory_);
    database_ = open_sqlite(file_).value();
    EXPECT_TRUE(database_->commit(mark("a/first")));
  }

  /// Why the next commit is refused, which check() says as well.
  std::string refusal() {
    const auto checked = database_->check();
    const auto done = database_->commit(mark("a/second"));
    EXPECT_FALSE(checked);
    EXPECT_FALSE(done);
    if (checked || done) return {};
    EXPECT_EQ(checked.error(), done.error());
    return done.error();
  }

  std::size_t marks() { return open_sqlite(file_).value()->load()->remembered.removals.size(); }

  ScratchDirectory scratch_;
  fs::path directory_ = scratch_.path() / "state";
  fs::path file_ = directory_ / "slod.db";
  std::unique_ptr<Database> database_;
};

TEST_F(StatePlace, ThatIsRemovedIsNoPlaceToStore) {
  fs::remove_all(directory_);
  EXPECT_EQ(refusal(), file_.string() +
                           " was removed while slod runs: what it counts since is kept in memory "
                           "alone, and gone when it ends; put the file back, or restart slod, "
                           "which then starts with none");
}

TEST_F(StatePlace, StoresAgainOnceTheFileIsBack) {
  fs::rename(directory_, scratch_.path() / "elsewhere");
  refusal();
  fs::rename(scratch_.path() / "elsewhere", directory_);
  EXPECT_TRUE(database_->check());
  EXPECT_TRUE(database_->commit(mark("a/second")));
  database_.reset();
  EXPECT_EQ(marks(), 2U);
}

TEST_F(StatePlace, ThatIsReplacedIsNoPlaceToStore) {
  fs::rename(directory_, scratch_.path() / "elsewhere");
  fs::create_directory(directory_);
  fs::copy_file(scratch_.path() / "elsewhere" / "slod.db", file_);
  EXPECT_NE(refusal().find("slod.db was replaced by another file while slod runs"),
            std::string::npos);
}

TEST_F(StatePlace, ThatIsEmptiedIsNoPlaceToStore) {
  fs::resize_file(file_, 0);
  EXPECT_NE(refusal().find("slod.db was cut short while slod runs"), std::string::npos);
}

TEST_F(StatePlace, LosesNothingWhereOnlyTheLogIsRemoved) {
  testing::internal::CaptureStderr();
  const fs::path log = file_.string() + "-wal";
  ASSERT_TRUE(fs::exists(log));
  fs::remove(log);
  EXPECT_TRUE(database_->commit(mark("a/second")));
  EXPECT_TRUE(fs::exists(log));
  fs::copy(directory_, scratch_.path() / "crashed");  // as a crash leaves it
  database_.reset();
  EXPECT_EQ(marks(), 2U);
  EXPECT_EQ(open_sqlite(scratch_.path() / "crashed" / "slod.db")
                .value()
                ->load()
                ->remembered.removals.size(),
            2U);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the log of the state was removed"),
            std::string::npos);
}

/// SQLite would throw the log away, and start with nothing.
TEST_F(StatePlace, WithALogThatIsLeftAloneIsRefusedAtTheStart) {
  fs::copy(directory_, scratch_.path() / "crashed");
  const fs::path file = scratch_.path() / "crashed" / "slod.db";
  const auto why = [&file](const std::string& state) {
    return fmt::format(
        "{0} is {1}, and {0}-wal beside it holds changes that belong to it: put a copy of the "
        "state file in its place, or move {0}-wal away to start with none",
        file.string(), state);
  };
  fs::resize_file(file, 0);
  const auto emptied = open_sqlite(file);
  ASSERT_FALSE(emptied);
  EXPECT_EQ(emptied.error(), why("empty"));
  fs::remove(file);
  const auto missing = open_sqlite(file);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), why("missing"));
  EXPECT_FALSE(fs::exists(file));
}

}  // namespace
}  // namespace slod
