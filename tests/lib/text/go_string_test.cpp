#include "lib/text/go_string.h"

#include <gtest/gtest.h>

#include <iomanip>  // with std::quoted, which no name here may be mixed up with
#include <random>
#include <string>

namespace slod {
namespace {

using namespace std::string_view_literals;
using Kind = GoStringFault::Kind;

TEST(GoQuoted, EscapesWhatGoDoes) {
  EXPECT_EQ(go_quoted(""), R"("")");
  EXPECT_EQ(go_quoted(std::string("plain 'text'")), R"("plain 'text'")");
  EXPECT_EQ(go_quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(go_quoted("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(go_quoted("\x00\x1b\x1f\x7f"sv), R"("\x00\x1b\x1f\x7f")");
  EXPECT_EQ(go_quoted("né 𝄞"), "\"né 𝄞\"");
}

TEST(GoQuoted, ShowsBytesThatAreNoUtf8AsTheyAre) {
  EXPECT_EQ(go_quoted("\xff"), R"("\xff")");
  EXPECT_EQ(go_quoted("\xc3("), R"("\xc3(")");
  EXPECT_EQ(go_quoted("\xc0\xaf\xed\xa0\x80"), R"("\xc0\xaf\xed\xa0\x80")");
  EXPECT_EQ(go_quoted("€\xe2\x82"), "\"€\\xe2\\x82\"");
}

TEST(GoQuoted, EscapesWhatATextOnAScreenWouldNotShow) {
  EXPECT_EQ(go_quoted("\u0085\u00a0\u200b\u202e\ufeff"), R"("\u0085\u00a0\u200b\u202e\ufeff")");
  EXPECT_EQ(go_quoted("\ue000\U000f0000"), R"("\ue000\U000f0000")");
}

TEST(ReadGoString, ReadsTheThreeQuotes) {
  const auto read = [](std::string_view text) { return read_go_string(text).value().value; };
  EXPECT_EQ(read(R"("it's")"), "it's");
  EXPECT_EQ(read(R"('say "hi"')"), R"(say "hi")");
  EXPECT_EQ(read(R"('it\'s')"), "it's");
  EXPECT_EQ(read("`C:\\n \"x\"\nnext`"), "C:\\n \"x\"\nnext");
  EXPECT_EQ(read(R"("\a\b\f\n\r\t\v\\\"")"), "\a\b\f\n\r\t\v\\\"");
  EXPECT_EQ(read(R"("\101\x42\u0043\U00000044\u00e9\U0001F600")"), "ABCDé😀");
  EXPECT_EQ(read(R"("\xff\377")"), "\xff\xff");
}

TEST(ReadGoString, StopsBehindTheClosingQuote) {
  EXPECT_EQ(read_go_string(R"("a"b")").value().length, 3U);
  EXPECT_EQ(read_go_string(R"("\u70ac"})").value().length, 8U);  // an escape is the last of it
  EXPECT_EQ(read_go_string("``").value().length, 2U);
}

TEST(ReadGoString, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string_view text;
    Kind kind;
    std::size_t offset;
    std::size_t stop;
    std::string_view explanation;
  };
  for (const auto& [text, kind, offset, stop, explanation] : {
           Case{"\"ab", Kind::unclosed, 0, 3,
                "expected a closing \" for this string, found the end of the text"},
           {"\"", Kind::unclosed, 0, 1,
            "expected a closing \" for this string, found the end of the text"},
           {"`a\nb", Kind::unclosed, 0, 4,
            "expected a closing ` for this string, found the end of the text"},
           {"'a\n'", Kind::unclosed, 0, 2,
            "expected a closing ' for this string, found the end of the line"},
           {"\"a\xC3(\"", Kind::not_utf8, 2, 2, "expected UTF-8 in a string, found the byte 0xc3"},
           {"`\xED\xA0\x80`", Kind::not_utf8, 1, 1,
            "expected UTF-8 in a string, found the byte 0xed"},
           {"\"b\\", Kind::cut_escape, 2, 3,
            "expected a character after the backslash, found the end of the text"},
           {"\"\\x4", Kind::cut_escape, 1, 4,
            "expected 2 digits of base 16 in this escape, found 1"},
           {"\"\\U", Kind::cut_escape, 1, 3,
            "expected 8 digits of base 16 in this escape, found 0"},
           {"\"\\x4\"", Kind::not_a_digit, 1, 4,
            "expected 2 digits of base 16 in this escape, found 1"},
           {"\"\\18\"", Kind::not_a_digit, 1, 3,
            "expected 3 digits of base 8 in this escape, found 1"},
           {"\"\\400\"", Kind::not_a_code_point, 1, 5,
            "expected an octal escape up to \\377, found a larger one"},
           {"\"\\ud800\"", Kind::not_a_code_point, 1, 7,
            "expected a Unicode character, found U+D800"},
           {"\"\\U00110000\"", Kind::not_a_code_point, 1, 11,
            "expected a Unicode character, found U+110000"},
           {"\"\\UFFFFFFFF\"", Kind::not_a_code_point, 1, 11,
            "expected a Unicode character, found U+FFFFFFFF"},
           {"\"\\d\"", Kind::unknown_escape, 1, 2,
            "expected one of Go's escapes (\\n, \\t, \\\\, \\\", \\x41, \\u00e9), found \\d; a "
            "regular expression needs two backslashes, or back-ticks around it"},
           {"'\\\"'", Kind::unknown_escape, 1, 2,
            "expected one of Go's escapes (\\n, \\t, \\\\, \\', \\x41, \\u00e9), found \\\"; a "
            "regular expression needs two backslashes, or back-ticks around it"},
           {"\"\\\xff\"", Kind::unknown_escape, 1, 2,
            "expected one of Go's escapes (\\n, \\t, \\\\, \\\", \\x41, \\u00e9), found \\?; a "
            "regular expression needs two backslashes, or back-ticks around it"},
       }) {
    SCOPED_TRACE(text);
    const auto read = read_go_string(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, kind);
    EXPECT_EQ(read.error().offset, offset);
    EXPECT_EQ(read.error().stop, stop);
    EXPECT_EQ(explain(read.error(), text), explanation);
  }
}

TEST(ReadGoString, ReadsBackWhateverBytesWereQuoted) {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() % 32 : random());
    const std::string text = go_quoted(bytes);
    const auto read = read_go_string(text);
    ASSERT_TRUE(read) << text;
    ASSERT_EQ(read->value, bytes) << text;
    ASSERT_EQ(read->length, text.size()) << text;
  }
}

TEST(ReadGoString, NeverPointsOutsideTheTextWhateverItIs) {
  std::mt19937 random(12);
  constexpr std::string_view pieces = "\"'`\\xuU0187dfn\n\xc3\xa9\xff a";
  for (int round = 0; round < 50'000; ++round) {
    std::string text(1, "\"'`"[random() % 3]);
    for (auto count = random() % 14; count > 0; --count) text += pieces[random() % pieces.size()];
    const auto read = read_go_string(text);
    if (read) {
      ASSERT_LE(read->length, text.size());
      continue;
    }
    ASSERT_LE(read.error().offset, read.error().stop);
    ASSERT_LE(read.error().stop, text.size());
    ASSERT_FALSE(explain(read.error(), text).empty());
  }
}

}  // namespace
}  // namespace slod
