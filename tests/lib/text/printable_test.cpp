#include "lib/text/printable.h"

#include <gtest/gtest.h>

#include "lib/text/utf8.h"

namespace slod {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("63.0 % of the budget ist verbraucht: größer als 1/2 → ❄"),
            "63.0 % of the budget ist verbraucht: größer als 1/2 → ❄");
}

TEST(Printable, IsOneLine) {
  EXPECT_EQ(printable("a\n::error::b\r\nc\td\x0b\x0c"), "a ::error::b  c d  ");
  EXPECT_EQ(printable("a\u2028b\u2029c\u0085d"), "a b c d");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2J\x07\x7f"), "\ufffd[2J\ufffd\ufffd");
  EXPECT_EQ(printable("\u009b31m"), "\ufffd31m");
  EXPECT_EQ(printable("\u202egnp.exe\u2066"), "\ufffdgnp.exe\ufffd");
  EXPECT_EQ(printable("\u200ea\u200fb\ufeff"), "\ufffda\ufffdb\ufffd");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\ufffd");
}

TEST(Printable, HasNoControlCharacterWhateverTheBytes) {
  std::string all;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      all += static_cast<char>(first);
      all += static_cast<char>(second);
    }
  }
  const std::string shown = printable(all);
  EXPECT_TRUE(is_utf8(shown));
  for (const char byte : shown) EXPECT_FALSE((byte >= 0 && byte < 0x20) || byte == 0x7f);
  for (const char* c1 : {"\u0080", "\u009b", "\u009f"}) {
    EXPECT_EQ(shown.find(c1), std::string::npos);
  }
}

}  // namespace
}  // namespace slod
