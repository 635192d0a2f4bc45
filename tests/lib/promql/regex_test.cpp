#include "lib/promql/regex.h"

#include <gtest/gtest.h>

namespace slod::promql {
namespace {

TEST(Regex, MatchesTheWholeTextLineFeedsIncluded) {
  const Regex regex = Regex::make("a.b|c").value();
  EXPECT_TRUE(regex.matches("a\nb"));
  EXPECT_TRUE(regex.matches("c"));
  EXPECT_FALSE(regex.matches("xc"));
  EXPECT_FALSE(regex.matches("a\nbc"));
  EXPECT_TRUE(Regex::make("").value().matches(""));
  EXPECT_FALSE(Regex::make("").value().matches("a"));
}

TEST(Regex, GivesWhatItsGroupsTook) {
  const Regex regex = Regex::make("(a+)(?P<rest>b*)|(c)").value();
  const auto groups = regex.groups("aab");
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0], "aab");
  EXPECT_EQ(groups[1], "aa");
  EXPECT_EQ(groups[2], "b");
  EXPECT_EQ(groups[3].data(), nullptr);
  EXPECT_EQ(regex.named_groups().at("rest"), 2);
  EXPECT_TRUE(regex.groups("d").empty());
  EXPECT_EQ(regex.groups("a")[2], "");
  EXPECT_NE(regex.groups("a")[2].data(), nullptr);
}

TEST(Regex, SaysWhatIsNoRegularExpressionInItsWordsAndGos) {
  const auto regex = Regex::make("2(");
  ASSERT_FALSE(regex);
  EXPECT_EQ(regex.error().text, "missing ): 2(");
  EXPECT_EQ(regex.error().go_kind, "missing closing )");
  EXPECT_EQ(regex.error().argument, "2(");
  const auto large = Regex::make("((a{100}){100}){100}");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().go_kind, "invalid repeat count");
}

}  // namespace
}  // namespace slod::promql
