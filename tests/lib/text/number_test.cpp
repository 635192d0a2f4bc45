#include "lib/text/number.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
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

TEST(ParseNumber, KeepsTheSignOfAZero) {
  EXPECT_TRUE(std::signbit(parse_number("-0").value()));
  EXPECT_TRUE(std::signbit(parse_number("-0.0e5").value()));
  EXPECT_TRUE(std::signbit(parse_number("-1e-999").value()));
  EXPECT_FALSE(std::signbit(parse_number("+0").value()));
}

struct Written {
  double value;
  std::string_view bound;
  std::string_view brief;
  std::string_view plain;
  std::string_view exponent;
};

const Written written[] = {
    {1, "1.0", "1", "1", "1e+00"},
    {0, "0.0", "0", "0", "0e+00"},
    {-0.0, "-0.0", "-0", "-0", "-0e+00"},
    {-1, "-1.0", "-1", "-1", "-1e+00"},
    {10, "10.0", "10", "10", "1e+01"},
    {0.25, "0.25", "0.25", "0.25", "2.5e-01"},
    {0.1, "0.1", "0.1", "0.1", "1e-01"},
    {2.5, "2.5", "2.5", "2.5", "2.5e+00"},
    {0.0001, "0.0001", "0.0001", "0.0001", "1e-04"},
    {0.00001, "1e-05", "1e-05", "0.00001", "1e-05"},
    {100000, "100000.0", "100000", "100000", "1e+05"},
    {123456, "123456.0", "123456", "123456", "1.23456e+05"},
    {1e6, "1e+06", "1e+06", "1000000", "1e+06"},
    {1234567, "1.234567e+06", "1.234567e+06", "1234567", "1.234567e+06"},
    {1234567.5, "1.2345675e+06", "1.2345675e+06", "1234567.5", "1.2345675e+06"},
    {9007199254740993.0, "9.007199254740992e+15", "9.007199254740992e+15", "9007199254740992",
     "9.007199254740992e+15"},
    {1e21, "1e+21", "1e+21", "1000000000000000000000", "1e+21"},
    {-1e-7, "-1e-07", "-1e-07", "-0.0000001", "-1e-07"},
    {5e-324, "5e-324", "5e-324", {}, "5e-324"},
    {std::numeric_limits<double>::max(),
     "1.7976931348623157e+308",
     "1.7976931348623157e+308",
     {},
     "1.7976931348623157e+308"},
    {infinity, "+Inf", "+Inf", "+Inf", "+Inf"},
    {-infinity, "-Inf", "-Inf", "-Inf", "-Inf"},
    {std::nan(""), "NaN", "NaN", "NaN", "NaN"},
};

TEST(NumberText, IsWhatPrometheusWrites) {
  for (const Written& one : written) {
    EXPECT_EQ(bucket_bound_text(one.value), one.bound);
    EXPECT_EQ(short_number(one.value), one.brief);
    if (!one.plain.empty()) EXPECT_EQ(plain_number(one.value), one.plain);
    EXPECT_EQ(exponent_number(one.value), one.exponent);
  }
}

TEST(NumberText, IsPlainForTheSmallestAndTheLargestToo) {
  EXPECT_EQ(plain_number(5e-324), "0." + std::string(323, '0') + "5");
  EXPECT_EQ(plain_number(-std::numeric_limits<double>::max()),
            "-17976931348623157" + std::string(292, '0'));
}

/// Whether `text` reads back to the very bits, by the C library's reader too.
testing::AssertionResult reads_back(const std::string& text, double value) {
  const auto read = parse_number(text);
  if (!read || std::memcmp(&*read, &value, sizeof value) != 0) {
    return testing::AssertionFailure() << text << " is not read as it was written";
  }
  if (std::strtod(text.c_str(), nullptr) == value) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text << " is another number to the C library";
}

TEST(NumberText, ReadsBackToTheSameNumber) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t bits = random();
    if (i % 4 == 0) bits &= 0x800fffffffffffff;  // a denormal
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_TRUE(reads_back(bucket_bound_text(value), value));
    ASSERT_TRUE(reads_back(short_number(value), value));
    ASSERT_TRUE(reads_back(plain_number(value), value));
    ASSERT_TRUE(reads_back(exponent_number(value), value));
  }
}

TEST(NumberText, HasTheFewestDigitsThatReadBack) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = exponent_number(value);
    const auto digits = std::ranges::count_if(text.substr(0, text.find('e')),
                                              [](char c) { return c >= '0' && c <= '9'; });
    if (digits == 1) continue;
    std::array<char, 40> fewer{};
    std::snprintf(fewer.data(), fewer.size(), "%.*e", static_cast<int>(digits) - 2, value);
    ASSERT_NE(std::strtod(fewer.data(), nullptr), value) << text;
  }
}

}  // namespace
}  // namespace slod
