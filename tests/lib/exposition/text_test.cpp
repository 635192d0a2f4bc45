#include "lib/exposition/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace slod {
namespace {

using namespace std::string_view_literals;

struct Page {
  std::vector<std::string> samples;  ///< as `metric|name=value,...|sample value|timestamp`
  std::size_t lines = 0;             ///< samples that the reader counted
  std::optional<TextError> error;
};

std::string text_of(const TextSample& sample) {
  std::string text = metric_name(sample) + "|";
  for (const auto& [name, value] : exposed_labels(sample)) {
    text += fmt::format("{}={},", name, value);
  }
  text += fmt::format("|{}|", sample.value);
  if (sample.at) text += fmt::format("{}", sample.at->time_since_epoch().count());
  return text;
}

/// Reads a page in a buffer of exactly its size, so that a sanitizer sees a read past its end.
Page read_page(std::string_view page, const TextReader::Wants& wants) {
  const auto bytes = std::make_unique<char[]>(page.size());
  std::copy(page.begin(), page.end(), bytes.get());
  TextReader reader({bytes.get(), page.size()}, wants);
  Page result;
  TextSample sample;
  while (true) {
    const auto more = reader.next({}, sample);
    if (!more) result.error = more.error();
    if (!more || !*more) break;
    result.samples.push_back(text_of(sample));
  }
  result.lines = reader.samples();
  return result;
}

bool all(std::string_view /*metric*/) {
  return true;
}
bool none(std::string_view /*metric*/) {
  return false;
}

TEST(TextReader, ReadsGoodLines) {
  struct Case {
    std::string_view line;
    std::string_view sample;
  };
  for (const auto& [line, sample] : {
           Case{"up 1", "up||1|"},
           {"up\t1", "up||1|"},
           {"  up  1  ", "up||1|"},
           {"up 1\r", "up||1|"},
           {"up 1 1700000000123\r", "up||1|1700000000123"},
           {"up 1 -5", "up||1|-5"},
           {"up 1.5e3 0", "up||1500|0"},
           {"up +Inf", "up||inf|"},
           {"up -Inf", "up||-inf|"},
           {"up{} 1", "up||1|"},
           {"up { } 1", "up||1|"},
           {":job:up_total9{a=\"b\"} 1", ":job:up_total9|a=b,|1|"},
           {"up{a=\"b\",c=\"d\"} 2 3", "up|a=b,c=d,|2|3"},
           {"up{a=\"b\",c=\"d\",}2", "up|a=b,c=d,|2|"},
           {"up {\ta = \"b\" , c\t=\"d\" , } 2", "up|a=b,c=d,|2|"},
           {"up{b=\"\",a=\"x\"} 2", "up|b=,a=x,|2|"},
           {R"(up{a="\\ \" \n,}="} 2)", "up|a=\\ \" \n,}=,|2|"},
           {R"(up{a="ends in a backslash\\"} 2)", "up|a=ends in a backslash\\,|2|"},
           {"up{a=\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"} 1",
            "up|a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80,|1|"},
           {"{\"my.metric\"} 1", "my.metric||1|"},
           {"{\"my.metric\",} 1", "my.metric||1|"},
           {"{ \"my.metric\" , a=\"b\" } 1", "my.metric|a=b,|1|"},
           {R"({"a \"quoted\" name","a \\ label"="b"} 1)", "a \"quoted\" name|a \\ label=b,|1|"},
           {"up{\"my.label\"=\"b\",c=\"d\"} 1", "up|my.label=b,c=d,|1|"},
       }) {
    for (const std::string_view end : {"\n"sv, ""sv}) {
      const std::string page = std::string(line) + std::string(end);
      SCOPED_TRACE(page);
      const Page read = read_page(page, all);
      ASSERT_FALSE(read.error.has_value()) << read.error->message;
      ASSERT_EQ(read.samples.size(), 1U);
      EXPECT_EQ(read.samples[0], sample);
      const Page skipped = read_page(page, none);
      EXPECT_FALSE(skipped.error.has_value()) << skipped.error->message;
      EXPECT_EQ(skipped.lines, 1U);
    }
  }
}

TEST(TextReader, RefusesBadDemandedLines) {
  struct Case {
    std::string_view line;
    std::string_view message;
  };
  for (const auto& [line, message] : {
           Case{"up", "expected '{' or a blank after the metric name, found "},
           {"up ", "expected a number as the value, found the end of the "},
           {"up x", "expected a number as the value, found 'x'"},
           {"up 1_000", "expected a number as the value, found '1_000'"},
           {"up 0x1p3", "expected a number as the value, found '0x1p3'"},
           {"up 1 x",
            "expected a timestamp in whole milliseconds since 1970, or the end of the "
            "line, found 'x'"},
           {"up 1 1.5",
            "expected a timestamp in whole milliseconds since 1970, or the end of the "
            "line, found '1.5'"},
           {"up 1 99999999999999999999", "expected a timestamp in whole milliseconds"},
           {"up 1 9223372036854775807", "expected a timestamp in whole milliseconds"},
           {"up 1 2 3", "expected the end of the line after the timestamp, found '3'"},
           {"up 1 # {trace=\"1\"} 1", "expected a timestamp in whole milliseconds"},
           {"up\r1", "expected '{' or a blank after the metric name, found '\\x0d1'"},
           {"up-time 1", "expected '{' or a blank after the metric name, found '-time 1'"},
           {"up{a=\"b\"", "expected ',' or '}' after a label, found the end of the "},
           {"up{a=\"b\" c=\"d\"} 1", "expected ',' or '}' after a label, found 'c=\"d\"} 1'"},
           {"up{a=\"b", "expected a closing double quote, found the end of the "},
           {"up{a=b} 1", "expected a label value in double quotes, found 'b} 1'"},
           {"up{a='b'} 1", "expected a label value in double quotes, found ''b'} 1'"},
           {"up{a} 1", "expected '=' after the label name, found '} 1'"},
           {"up{=\"b\"} 1", "expected a label name or '}', found '=\"b\"} 1'"},
           {"up{,} 1", "expected a label name or '}', found ',} 1'"},
           {"up{a=\"b\",,} 1", "expected a label name or '}', found ',} 1'"},
           {"up{1a=\"b\"} 1", "expected a label name or '}', found '1a=\"b\"} 1'"},
           {"up{a:b=\"c\"} 1", "expected a label name of letters, digits and '_', found 'a:b="},
           {"up{\"\"=\"c\"} 1", "expected a label name or '}', found "},
           {"up{a=\"b\",a=\"c\"} 1", "expected each label name once, found 'a="},
           {"up{a=\"b\",\"a\"=\"c\"} 1", "expected each label name once, found "},
           {"up{__name__=\"x\"} 1", "expected a label name other than __name__, found '__name"},
           {R"(up{a="\d"} 1)", R"(expected one of the escapes \\ \" \n, found '\d"} 1')"},
           {R"(up{a="\)", R"(expected one of the escapes \\ \" \n, found )"},
           {"up{a=\"\xff\"} 1", "expected UTF-8 text, found '\\xff\"} 1'"},
           {"up{a=\"\xc3\"} 1", "expected UTF-8 text, found '\\xc3\"} 1'"},
           {"{\"\"} 1", "expected a metric name that is not empty, found "},
           {"{\"a\" b=\"c\"} 1", "expected ',' or '}' after the metric name, found 'b="},
           {"{a=\"b\"} 1", "expected a metric name in double quotes, found 'a=\"b\"} 1'"},
           {"{} 1", "expected a metric name in double quotes, found '} 1'"},
           {"{", "expected a metric name in double quotes, found the end of the "},
           {"1up 1", "expected a metric name, '{' or '#', found '1up 1'"},
           {"\x1f\x8b\x08", "expected a metric name, '{' or '#', found '\\x1f\\x8b\\x08'"},
           {"up{a=\"0123456789012345678901234567890123456789\" 1",
            "expected ',' or '}' after a label, found '1'"},
           {"up -0123456789012345678901234567890123456789x",
            "found '-012345678901234567890123456789012345678'..."},
       }) {
    for (const std::string_view end : {"\n"sv, ""sv, "\nup 1\n"sv}) {
      const std::string page = fmt::format("# HELP up Whether.\nup 1\n{}{}", line, end);
      SCOPED_TRACE(page);
      const Page read = read_page(page, all);
      ASSERT_TRUE(read.error.has_value());
      EXPECT_EQ(read.error->line, 3U);
      EXPECT_NE(read.error->message.find(message), std::string::npos) << read.error->message;
    }
  }
}

TEST(TextReader, RefusesWhatIsNoPageEvenIfNothingIsDemanded) {
  for (const std::string_view page :
       {"<html><body>Sign in</body></html>\n"sv, "<!DOCTYPE html>\n"sv, "\n\n  <html>"sv,
        "{\"status\":\"error\"}\n"sv, "[1, 2]"sv, "\x1f\x8b\x08\x00\x00"sv, "\x00\x00\x00 1\n"sv,
        "404 page not found\n"sv, "Not Found\n"sv, "Internal Server Error"sv, "Unauthorized"sv,
        "up\n"sv, "up \n"sv, "up{a=\"b\"}\n"sv, "up{a=\"b"sv, "\xef\xbb\xbfup 1\n"sv}) {
    SCOPED_TRACE(page);
    const Page read = read_page(page, none);
    EXPECT_TRUE(read.error.has_value());
  }
}

TEST(TextReader, NamesTheLineOfAnUndemandedSampleThatIsNone) {
  const Page read = read_page("up 1\nService unavailable\nup 1\n", none);
  ASSERT_TRUE(read.error.has_value());
  EXPECT_EQ(read.error->line, 2U);
  EXPECT_EQ(read.error->message,
            "expected a sample that ends in a number, found 'Service unavailable'");
}

TEST(TextReader, SkipsCommentsAndBlankLines) {
  const Page read = read_page(
      "# HELP up Whether \\ it \"is\" {up\n# TYPE up gauge\n#\n\n \t\n\r\n  # a comment\nup 1\n"
      "# EOF",
      all);
  EXPECT_FALSE(read.error.has_value());
  EXPECT_EQ(read.samples, std::vector<std::string>{"up||1|"});
  EXPECT_EQ(read.lines, 1U);
  EXPECT_EQ(read_page("", all).lines, 0U);
}

TEST(TextReader, YieldsOnlyDemandedMetricsAndCountsAll) {
  const Page read = read_page(
      "a 1\nab 2\nabc{x=\"a 1\"} 3\nab{x=\"y\"} 4\na{bad\" 5\n{\"ab\"} 6\n{\"a\",bad 7\nb 8\n",
      [](std::string_view metric) { return metric == "ab"; });
  EXPECT_FALSE(read.error.has_value()) << read.error->message;
  EXPECT_EQ(read.samples, (std::vector<std::string>{"ab||2|", "ab|x=y,|4|", "ab||6|"}));
  EXPECT_EQ(read.lines, 8U);
}

TEST(TextReader, TakesAPredictedSeriesOnlyAsAWhole) {
  struct Case {
    std::string_view line;
    std::string_view predicted;
    bool taken;
  };
  for (const auto& [line, predicted, taken] : {
           Case{"up{a=\"b\"} 7", "up{a=\"b\"}", true},
           {"up{a=\"b\"}\t7 8\r\n", "up{a=\"b\"}", true},
           {"up 7\n", "up", true},
           {"up {a=\"b\"} 7\n", "up", false},
           {"uptime 7\n", "up", false},
           {"up{a=\"c\"} 7\n", "up{a=\"b\"}", false},
           {"up 7", "up{a=\"b\"}", false},
           {"# up 7\nup 7\n", "up", true},
       }) {
    SCOPED_TRACE(line);
    TextReader reader(line, all);
    TextSample sample;
    const auto more = reader.next(predicted, sample);
    ASSERT_TRUE(more.has_value() && *more);
    EXPECT_EQ(sample.predicted, taken);
    EXPECT_EQ(sample.value, 7);
    if (taken) EXPECT_EQ(sample.series, predicted);
  }
}

TEST(TextReader, SurvivesDamage) {
  const std::string page =
      "# TYPE a counter\na{b=\"c\\n\",d=\"\xc3\xa9\"} 12.5 1700000000000\r\n"
      "{\"my.metric\",\"l.l\"=\"v\"} +Inf\na 3\nnot_demanded{x=\"y\"} 1\n";
  const auto wants = [](std::string_view metric) { return !metric.starts_with("not"); };
  for (std::size_t size = 0; size <= page.size(); ++size) read_page(page.substr(0, size), wants);
  constexpr std::uint64_t seed = 20'261'124;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view bytes = "{}\",=\\ \t\r\n#ab1.eN+-_:\xc3\xff\x00"sv;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = page;
    for (auto hits = random() % 4 + 1; hits > 0; --hits) {
      damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
    }
    read_page(damaged, wants);
  }
}

}  // namespace
}  // namespace slod
