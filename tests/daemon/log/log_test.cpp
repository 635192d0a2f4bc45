#include "daemon/log/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace slod::log {
namespace {

const Instant noon = parse_instant("2026-11-24T12:00:00Z").value();

std::string logfmt_value(std::string_view value) {
  const std::vector<Field> fields{{"v", value}};
  const std::string text = line(Format::logfmt, noon, Level::info, "m", fields);
  return text.substr(text.find(" v=") + 3);
}

TEST(Log, WritesTimeLevelMessageAndFieldsAsLogfmt) {
  const std::vector<Field> fields{{"target", "api:8080"},
                                  {"error", "timed out"},
                                  {"bytes", 12},
                                  {"ratio", 0.25},
                                  {"up", false}};
  EXPECT_EQ(line(Format::logfmt, noon, Level::warning, "scrape failed", fields),
            R"(time=2026-11-24T12:00:00Z level=warning msg="scrape failed" target=api:8080 )"
            R"(error="timed out" bytes=12 ratio=0.25 up=false)");
}

TEST(Log, WritesOneJsonObjectWithTypedValues) {
  const std::vector<Field> fields{{"target", "api"},
                                  {"bytes", std::size_t{12}},
                                  {"ratio", std::numeric_limits<double>::quiet_NaN()},
                                  {"up", true}};
  EXPECT_EQ(line(Format::json, noon, Level::error, "scrape failed", fields),
            R"({"time":"2026-11-24T12:00:00Z","level":"error","msg":"scrape failed",)"
            R"("target":"api","bytes":12,"ratio":null,"up":true})");
}

TEST(Log, EscapesWhatCouldForgeALineOrMoveATerminal) {
  struct Case {
    std::string value;
    std::string written;
  };
  const std::vector<Case> cases{
      {"plain-1.2_3/4:5", "plain-1.2_3/4:5"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {R"(say "hi")", R"("say \"hi\"")"},
      {R"(back\slash)", R"("back\\slash")"},
      {"x\nlevel=error msg=forged", R"("x\nlevel=error msg=forged")"},
      {"\x1b[2J\r\t", R"("\u001b[2J\u000d\u0009")"},
      {std::string("nul\0byte", 8), R"("nul\u0000byte")"},
      {"\x7f", R"("\u007f")"},
      {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
      {"\xc2\x9b", R"("\u009b")"},                   // C1's CSI
      {"\xe2\x80\xae", R"("\u202e")"},               // right-to-left override
      {"\xe2\x80\xa8", R"("\u2028")"},               // line separator
      {"\xff\xc3", R"("\ufffd\ufffd")"},             // no UTF-8
      {"\xc0\xaf", R"("\ufffd\ufffd")"},             // overlong '/'
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},   // surrogate
      {"\xf0\x9f\x94\xa5", "\"\xf0\x9f\x94\xa5\""},  // four bytes
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
  };
  for (const Case& c : cases) EXPECT_EQ(logfmt_value(c.value), c.written);
}

TEST(Log, CutsAnEndlessValue) {
  EXPECT_EQ(logfmt_value(std::string(5000, 'a')), '"' + std::string(4096, 'a') + "...\"");
}

TEST(Log, AnyBytesStayOneLineOfValidJson) {
  const unsigned seed = 20261124;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::vector<Field> fields{{"v", bytes}};
    const std::string text = line(Format::json, noon, Level::info, bytes, fields);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    ASSERT_FALSE(error) << text;
    EXPECT_EQ(value.at("msg"), value.at("v"));
  }
}

TEST(Log, ReadsLevelsAndFormats) {
  EXPECT_EQ(parse_level("debug"), Level::debug);
  EXPECT_EQ(parse_level("warning"), Level::warning);
  EXPECT_EQ(parse_level("loud").error(),
            "expected a log level (debug, info, warning or error), found \"loud\"");
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_EQ(parse_format("xml").error(), "expected a log format (logfmt or json), found \"xml\"");
}

TEST(Log, WritesItsOwnTimeWithMilliseconds) {
  testing::internal::CaptureStderr();
  const Instant before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  info("now");
  const Instant after = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const std::string written = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(written.starts_with("time=")) << written;
  const auto at = parse_instant(written.substr(5, written.find(' ') - 5));
  ASSERT_TRUE(at) << written;
  EXPECT_GE(*at, before);
  EXPECT_LE(*at, after);
}

TEST(Log, IsWrittenAfterSpdlogIsShutDown) {
  testing::internal::CaptureStderr();
  spdlog::shutdown();
  error("the last words");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("level=error msg=\"the last words\"\n"),
            std::string::npos);
}

TEST(Log, KeepsTheLinesOfThreadsApart) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([thread] {
        const std::string text(500, static_cast<char>('a' + thread));
        for (int i = 0; i < 200; ++i) info("m", {{"v", text}});
      });
    }
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  std::size_t count = 0;
  for (std::string one; std::getline(lines, one); ++count) {
    const std::size_t value = one.find(" level=info msg=m v=");
    ASSERT_NE(value, std::string::npos) << one;
    const std::string text = one.substr(value + 20);
    EXPECT_EQ(text, std::string(500, text.front()));
  }
  EXPECT_EQ(count, 800U);
}

TEST(Log, WritesToStderrFromTheChosenLevelOn) {
  testing::internal::CaptureStderr();
  start(Level::warning, Format::logfmt);
  info("not this");
  warning("but {this}", {{"code", 7}});
  start(Level::info, Format::json);
  info("and this");
  start(Level::info, Format::logfmt);
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written.find("not this"), std::string::npos);
  EXPECT_NE(written.find("level=warning msg=\"but {this}\" code=7\n"), std::string::npos);
  EXPECT_NE(written.find("\"msg\":\"and this\"}\n"), std::string::npos);
}

}  // namespace
}  // namespace slod::log
