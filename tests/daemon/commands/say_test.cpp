#include "daemon/commands/say.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

TEST(Said, IsNoCommandForABuildServer) {
  EXPECT_EQ(said("deny: api"), "deny: api");
  EXPECT_EQ(said("a\n::error::b"), "a ::error::b");
  EXPECT_EQ(said("::set-output name=a::b"), ": :set-output name=a::b");
  EXPECT_EQ(said("\r\n  ::stop-commands::x"), "    : :stop-commands::x");
  EXPECT_EQ(said("a ##vso[task.complete] ##[error] ##teamcity[x]"),
            "a # #vso[task.complete] # #[error] # #teamcity[x]");
  EXPECT_EQ(said("###[x]"), "## #[x]");
  EXPECT_EQ(said("## heading"), "## heading");
}

}  // namespace
}  // namespace slod
