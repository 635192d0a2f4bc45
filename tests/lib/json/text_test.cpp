#include "lib/json/text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <limits>
#include <random>

namespace slod {
namespace {

TEST(JsonText, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(json_text(0.63), "0.63");
  EXPECT_EQ(json_text(0.0), "0");
  EXPECT_EQ(json_text(1234567.0), "1234567");
  EXPECT_EQ(json_text(-2.5), "-2.5");
  EXPECT_EQ(json_text(1e300), "1e+300");
  EXPECT_EQ(json_text(42), "42");
}

TEST(JsonText, WritesWhatIsNoNumberAsNull) {
  EXPECT_EQ(json_text(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json_text(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonText, DoublesReadBackUnchanged) {
  for (const double number : {0.1, 1.0 / 3.0, 1e-300, 123456789.123456789, 5e-324}) {
    // Not read by Boost.JSON, which is off by an ulp here and there.
    EXPECT_EQ(std::strtod(json_text(number).c_str(), nullptr), number);
  }
}

TEST(JsonText, EscapesKeysAndValues) {
  const boost::json::value value{{"a\"b", "line\nfeed \x01"}, {"list", {1, nullptr, true}}};
  const std::string text = json_text(value);
  EXPECT_EQ(text, R"({"a\"b":"line\nfeed \u0001","list":[1,null,true]})");
  EXPECT_EQ(boost::json::parse(text), value);
}

TEST(JsonText, ReplacesBytesThatAreNoUtf8InKeysAndValuesAtAnyDepth) {
  const boost::json::value value{
      {"k\xff", {{"in", {"\xc3(", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}}}},
      {"fine", "né 𝄞"}};
  EXPECT_EQ(
      json_text(value),
      "{\"k\uFFFD\":{\"in\":[\"\uFFFD(\",\"\uFFFD\uFFFD\",\"\uFFFD\uFFFD\",\"\uFFFD\uFFFD\uFFFD\","
      "\"\uFFFD\uFFFD\uFFFD\uFFFD\"]},\"fine\":\"né 𝄞\"}");
}

TEST(JsonText, IsReadByAStrictParserWhateverBytesItHolds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 30, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const boost::json::value value = boost::json::object{{bytes, boost::json::array{bytes}}};
    boost::system::error_code error;
    const boost::json::value read = boost::json::parse(json_text(value), error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(json_text(read), json_text(value));
  }
}

}  // namespace
}  // namespace slod
