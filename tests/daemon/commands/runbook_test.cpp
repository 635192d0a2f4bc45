#include "daemon/commands/runbook.h"

#include <gtest/gtest.h>

#include "tests/daemon/commands/command_run.h"

namespace slod {
namespace {

TEST(RunbookCommand, PrintsOneAlertOrAll) {
  const CommandRun all = run_slod({"runbook"});
  EXPECT_EQ(all.code, 0);
  EXPECT_EQ(all.out, runbooks_document());
  const CommandRun one = run_slod({"runbook", "SlodDown"});
  EXPECT_EQ(one.code, 0);
  EXPECT_TRUE(one.out.starts_with("## SlodDown\n")) << one.out;
  EXPECT_EQ(one.out.find("\n## "), std::string::npos) << one.out;
  EXPECT_NE(all.out.find(one.out), std::string::npos);
}

TEST(RunbookCommand, IsThreeForAnAlertThatSlodDoesNotHave) {
  for (const char* alert : {"SlodIsDown", "sloddown", "Slod", "## SlodDown"}) {
    const CommandRun run = run_slod({"runbook", alert});
    EXPECT_EQ(run.code, 3) << alert;
    EXPECT_EQ(run.out, "") << alert;
    EXPECT_TRUE(run.err.starts_with("slod runbook: expected one of Slod")) << run.err;
  }
}

}  // namespace
}  // namespace slod
