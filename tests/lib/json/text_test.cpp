#include "lib/json/text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <limits>

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

}  // namespace
}  // namespace slod
