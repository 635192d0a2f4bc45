#include "lib/json/utf8.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

TEST(ValidUtf8, ReplacesOnlyWhatIsWrong) {
  EXPECT_EQ(valid_utf8("né 𝄞 \x01"), "né 𝄞 \x01");
  EXPECT_EQ(valid_utf8("a\xffz"), "a\uFFFDz");
  EXPECT_EQ(valid_utf8("\xe2\x82"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xc3("), "\uFFFD(");
  EXPECT_EQ(valid_utf8(""), "");
}

}  // namespace
}  // namespace slod
