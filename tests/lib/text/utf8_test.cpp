#include "lib/text/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace slod {
namespace {

using namespace std::string_view_literals;

bool is_scalar(char32_t point) {
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/// What RFC 3629 says of `bytes` by its definition: the only encoding of a code point is the
/// shortest. Slow, and written without a look at the table of lead bytes.
bool is_character_by_definition(std::string_view bytes) {
  const std::size_t length = bytes.size();
  std::uint32_t point = static_cast<unsigned char>(bytes[0]);
  if (length == 1) return point < 0x80;
  const std::uint32_t marks = 0xff00U >> length & 0xff;  // a bit for each byte
  const std::uint32_t mask = 0xffU >> (length + 1);
  if ((point & ~mask) != marks) return false;
  point &= mask;
  for (const char c : bytes.substr(1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) return false;
    point = point << 6 | (byte & 0x3fU);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return point >= smallest[length] && is_scalar(point);
}

TEST(Utf8Length, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(utf8_length("a"), 1U);
  EXPECT_EQ(utf8_length("é"), 2U);
  EXPECT_EQ(utf8_length("€"), 3U);
  EXPECT_EQ(utf8_length("😀"), 4U);
  for (const char* bad :
       {"", "\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82"}) {
    EXPECT_EQ(utf8_length(bad), 0U);
  }
}

TEST(Utf8Length, LooksOnlyAtTheFirstCharacter) {
  EXPECT_EQ(utf8_length("a\xff"), 1U);
  EXPECT_EQ(utf8_length("\0"sv), 1U);
  EXPECT_EQ(utf8_length("é\xc3"), 2U);
}

TEST(Utf8Length, AgreesWithTheDefinitionOnEveryPairOfBytesAndOnSamplesOfLongerOnes) {
  std::mt19937 random(3629);
  constexpr std::string_view tails = "\x00\x40\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xff"sv;
  const auto agrees = [](const std::string& bytes) {
    std::size_t expected = 0;
    for (std::size_t length = 1; length <= bytes.size() && expected == 0; ++length) {
      if (is_character_by_definition(std::string_view(bytes).substr(0, length))) expected = length;
    }
    return utf8_length(bytes) == expected;
  };
  for (unsigned lead = 0; lead < 256; ++lead) {
    for (unsigned second = 0; second < 256; ++second) {
      std::string bytes{static_cast<char>(lead), static_cast<char>(second)};
      ASSERT_TRUE(agrees(bytes)) << lead << ' ' << second;
      for (int i = 0; i < 12; ++i) {
        bytes.resize(2);
        bytes += tails[random() % tails.size()];
        ASSERT_TRUE(agrees(bytes)) << lead << ' ' << second;
        bytes += tails[random() % tails.size()];
        ASSERT_TRUE(agrees(bytes)) << lead << ' ' << second;
      }
    }
  }
}

TEST(CodePoint, ReadsBackWhatWasAppended) {
  for (char32_t point = 0; point <= 0x10ffff; point += point < 0x900 ? 1 : 7) {
    std::string text;
    append_utf8(text, point);
    ASSERT_EQ(utf8_length(text), is_scalar(point) ? text.size() : 0) << std::uint32_t{point};
    if (is_scalar(point)) ASSERT_EQ(code_point(text), point);
  }
  for (const char32_t edge : {0x7fU, 0x80U, 0x7ffU, 0x800U, 0xffffU, 0x10000U, 0x10ffffU}) {
    std::string text;
    append_utf8(text, edge);
    EXPECT_EQ(code_point(text), edge);
  }
}

TEST(IsUtf8, KnowsTheEdgesOfTheEncoding) {
  for (const std::string_view text :
       {""sv, "plain"sv, "\x00"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(is_utf8(text));
  }
  for (const std::string_view text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xc2\x41"sv, "\xe0\x9f\xbf"sv,
        "\xed\xa0\x80"sv, "\xe2\x82"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80"sv,
        "\xf0\x9f\x98"sv, "\xff"sv, "a\xe2\x82\xacz\xc3"sv}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(IsUtf8, FindsAByteThatIsNoneWhereverItStandsInAscii) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      EXPECT_TRUE(is_utf8(text));
      text[at] = '\x80';
      EXPECT_FALSE(is_utf8(text)) << size << ' ' << at;
      text.replace(at, 1, "é");
      EXPECT_TRUE(is_utf8(text)) << size << ' ' << at;
    }
  }
}

TEST(ValidUtf8, ReplacesOnlyWhatIsWrong) {
  EXPECT_EQ(valid_utf8("né 𝄞 \x01"), "né 𝄞 \x01");
  EXPECT_EQ(valid_utf8("a\xffz"), "a\uFFFDz");
  EXPECT_EQ(valid_utf8("\xe2\x82"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xc3("), "\uFFFD(");
  EXPECT_EQ(valid_utf8(""), "");
}

TEST(ValidUtf8, ReplacesEachByteOfAnOverlongFormASurrogateAndOneThatIsCutOff) {
  EXPECT_EQ(valid_utf8("\xc0\x80"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xed\xa0\x90x"), "\uFFFD\uFFFD\uFFFDx");
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xf0\x9f\x98é"), "\uFFFD\uFFFD\uFFFDé");
}

TEST(ValidUtf8, IsValidWhateverBytesComeAndChangesNothingThatIs) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string valid = valid_utf8(bytes);
    ASSERT_TRUE(is_utf8(valid));
    ASSERT_EQ(valid == bytes, is_utf8(bytes));
    ASSERT_EQ(valid_utf8(valid), valid);
    ASSERT_EQ(character_count(valid), character_count(bytes));
  }
}

TEST(FirstCharacters, CountsCharactersAndStrayBytes) {
  EXPECT_EQ(character_count(""), 0U);
  EXPECT_EQ(character_count("né 𝄞\xff"), 5U);
  EXPECT_EQ(first_characters("né 𝄞\xffz", 0), "");
  EXPECT_EQ(first_characters("né 𝄞\xffz", 2), "né");
  EXPECT_EQ(first_characters("né 𝄞\xffz", 5), "né 𝄞\xff");
  EXPECT_EQ(first_characters("né", 9), "né");
}

}  // namespace
}  // namespace slod
