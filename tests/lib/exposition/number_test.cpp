#include "lib/exposition/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string_view>

namespace slod {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ParseNumber, ReadsWhatPrometheusReads) {
  struct Case {
    std::string_view text;
    double value;
  };
  for (const auto& [text, value] : {
           Case{"0", 0.0},
           {"12", 12.0},
           {"+12", 12.0},
           {"-12", -12.0},
           {"007", 7.0},
           {"1.", 1.0},
           {".5", 0.5},
           {"-.5", -0.5},
           {"1e3", 1000.0},
           {"1E+3", 1000.0},
           {"2.5e-3", 0.0025},
           {"999999999999999", 999999999999999.0},
           {"9007199254740993", 9007199254740992.0},
           {"18446744073709551616", 18446744073709551616.0},
           {"1.7976931348623157e+308", std::numeric_limits<double>::max()},
           {"4.9e-324", std::numeric_limits<double>::denorm_min()},
           {"1e-999", 0.0},
           {"Inf", infinity},
           {"+Inf", infinity},
           {"-Inf", -infinity},
           {"inf", infinity},
           {"+INFINITY", infinity},
           {"-infinity", -infinity},
       }) {
    SCOPED_TRACE(text);
    const auto number = parse_number(text);
    ASSERT_TRUE(number.has_value());
    EXPECT_EQ(*number, value);
  }
  for (const std::string_view text : {"NaN", "nan", "NAN"}) {
    const auto number = parse_number(text);
    EXPECT_TRUE(number.has_value() && std::isnan(*number)) << text;
  }
}

TEST(ParseNumber, RefusesEverythingElse) {
  for (const std::string_view text :
       {"",      "+",   "-",     ".",      "e5",    "1e",      "1e+",    "1x",
        "x1",    "1 ",  " 1",    "--1",    "+-1",   "-+1",     "0x10",   "0x1p3",
        "1_000", "1,5", "1e999", "-1e999", "+NaN",  "-NaN",    "nan(0)", "Infinit",
        "infx",  "I",   "n",     "1..2",   "1e5.0", "\xc2\xb2"}) {
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  }
}

TEST(NumberText, IsWhatPrometheusWrites) {
  struct Case {
    double value;
    std::string_view text;
  };
  for (const auto& [value, text] : {
           Case{1, "1.0"},
           {0, "0.0"},
           {-1, "-1.0"},
           {10, "10.0"},
           {0.25, "0.25"},
           {0.1, "0.1"},
           {2.5, "2.5"},
           {0.0001, "0.0001"},
           {0.00001, "1e-05"},
           {100000, "100000.0"},
           {123456, "123456.0"},
           {1e6, "1e+06"},
           {1234567, "1.234567e+06"},
           {1e21, "1e+21"},
           {infinity, "+Inf"},
           {-infinity, "-Inf"},
           {std::nan(""), "NaN"},
       }) {
    EXPECT_EQ(number_text(value), text);
  }
}

TEST(NumberText, ReadsBackToTheSameNumber) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto read = parse_number(number_text(value));
    ASSERT_TRUE(read.has_value()) << number_text(value);
    ASSERT_EQ(*read, value) << number_text(value);
  }
}

}  // namespace
}  // namespace slod
