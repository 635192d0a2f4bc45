#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// 2,000 series with long labels, which take more than a mebibyte.
void add_series(Asking& asking) {
  for (int i = 0; i < 2000; ++i) {
    asking.samples.add(
        Labels{{"__name__", "x"}, {"i", std::to_string(i)}, {"pod", std::string(500, 'p')}},
        asking.now, Duration(1000), {1});
  }
}

TEST(AnswerMemory, IsBoundedInEveryAnswerOfLabelsAndSamples) {
  std::string join = "x";
  for (int i = 0; i < 6; ++i) {
    join = fmt::format(R"(label_join({},"l{}","","pod","l{}","l{}","l{}"))", join, i, i - 1, i - 1,
                       i - 1);
  }
  std::string matches = "/api/v1/series?match[]=x";
  for (int i = 0; i < 100; ++i) matches += fmt::format("&match[]=x{{i!=%22{}%22}}", i);
  Asking asking;
  add_series(asking);
  asking.daemon.memory->set_bytes_max(2 * mebibyte);
  for (const std::string& target :
       {"/api/v1/query?query=" + join, std::string("/api/v1/query?query=x%2Bx"),
        std::string("/api/v1/query_range?query=x&start=1767361000&end=1767361060&step=1"), matches,
        std::string("/api/v1/labels"), std::string("/api/v1/label/i/values"),
        std::string("/api/v1/status/tsdb")}) {
    const Response response = asking.response(target);
    EXPECT_EQ(response.status, 422) << target.substr(0, 60) << response.body.substr(0, 200);
    EXPECT_TRUE(response.body.contains(R"("errorType":"execution")")) << response.body;
    EXPECT_TRUE(response.body.contains("MiB of memory")) << response.body;
    EXPECT_LT(response.body.size(), 1000U);
  }
}

TEST(AnswerMemory, OfATextCountsUntilItIsSent) {
  Asking asking;
  add_series(asking);
  asking.daemon.memory->set_bytes_max(64 * mebibyte);
  {
    const Response response = asking.response("/api/v1/series?match[]=x");
    EXPECT_EQ(response.status, 200);
    EXPECT_GE(asking.daemon.memory->bytes(), response.body.size());
  }
  EXPECT_EQ(asking.daemon.memory->bytes(), 0U);
}

TEST(AnswerMemory, IsBoundedWhileAQueryIsOnlyRead) {
  Asking asking;
  asking.daemon.memory->set_bytes_max(mebibyte);
  std::string query = "x{";
  for (int i = 0; i < 200; ++i) query += fmt::format(R"(a{}=~"(b|c){{500}}.*d{}",)", i, i);
  query += "}";
  for (const char* path : {"/api/v1/query", "/api/v1/format_query", "/api/v1/parse_query"}) {
    const Response response = asking.response(path, "query=" + query);
    EXPECT_EQ(response.status, 422) << response.body.substr(0, 200);
  }
}

}  // namespace
}  // namespace slod::prometheus_api
