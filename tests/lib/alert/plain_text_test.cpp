#include "lib/alert/plain_text.h"

#include <gtest/gtest.h>

#include <random>

#include "lib/text/utf8.h"

namespace slod::alert {
namespace {

TEST(Cut, EndsBetweenCharacters) {
  EXPECT_EQ(cut("né𝄞", 3), "né𝄞");
  EXPECT_EQ(cut("né𝄞!", 3), "né…");
  EXPECT_EQ(cut("néé", 2), "n…");
  EXPECT_EQ(cut("nn", 1), "…");
  EXPECT_EQ(cut("", 1), "");
}

TEST(Cut, IsValidAndShortForRandomBytes) {
  constexpr unsigned seed = 42;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 40; ++k) text += static_cast<char>(byte(random));
    const std::string out = cut(text, 17);
    EXPECT_TRUE(is_utf8(out));
    std::size_t characters = 0;
    for (const char c : out) characters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    EXPECT_LE(characters, 17U);
  }
}

TEST(WebAddress, HasAHostAndIsReadByABrowser) {
  for (const char* good : {"http://a", "https://example.org/x?y=z#w", "http://127.0.0.1:9750/"}) {
    EXPECT_TRUE(is_web_address(good)) << good;
  }
  for (const char* bad : {"", "/a", "example.org", "javascript:alert(1)", "http:///a", "http://a b",
                          "http://a/\x01", "file:///etc/passwd", "http://a%20b/x"}) {
    EXPECT_FALSE(is_web_address(bad)) << bad;
  }
}

}  // namespace
}  // namespace slod::alert
