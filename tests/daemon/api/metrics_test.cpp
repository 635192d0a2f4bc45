#include "daemon/api/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace slod {
namespace {

std::size_t series_of(const std::string& page, std::string_view metric) {
  std::istringstream lines(page);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(fmt::format("{}{{", metric))) ++count;
  }
  return count;
}

TEST(Metrics, KeepAsManySeriesHoweverManyMethodsAreMadeUp) {
  Metrics metrics;
  const std::chrono::microseconds took(10);
  for (int i = 0; i < 1000; ++i) {
    metrics.http_request(fmt::format("METHOD{}", i), "other", 501, took);
  }
  metrics.http_request("GET", "/freeze", 200, took);
  metrics.http_request("", "other", 400, took);
  const std::string page = metrics.text(Snapshot{}, 0);
  EXPECT_EQ(series_of(page, "slod_http_requests_total"), 3U);
  EXPECT_EQ(series_of(page, "slod_http_request_duration_seconds_count"), 3U);
  EXPECT_NE(page.find(R"(slod_http_requests_total{code="501",method="other",path="other"} 1000)"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find(R"(code="400",method="unreadable",path="other"} 1)"), std::string::npos);
}

}  // namespace
}  // namespace slod
