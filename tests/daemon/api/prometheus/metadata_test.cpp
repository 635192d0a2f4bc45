// /api/v1/metadata.

#include "daemon/api/prometheus/metadata.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

TEST(Metadata, IsAnsweredByMetric) {
  Asking asking;
  asking.daemon.known.add({{"b", {"gauge", "One.", ""}}, {"up", {"counter", "", "seconds"}}});
  asking.daemon.known.add({{"b", {"counter", "Two.", ""}}});
  asking.daemon.known.add({{"b", {"gauge", "One.", ""}}});
  const std::string one = R"({"type":"counter","help":"Two.","unit":""})";
  const std::string two = R"({"type":"gauge","help":"One.","unit":""})";
  const std::string up = R"("up":[{"type":"counter","help":"","unit":"seconds"}])";
  const std::string own = R"("slod_own":[{"type":"gauge","help":"Own.","unit":""}])";
  const struct {
    const char* query;
    std::string data;
  } cases[] = {
      {"", "{\"b\":[" + one + "," + two + "]," + own + "," + up + "}"},
      {"?limit=1", "{\"b\":[" + one + "," + two + "]}"},
      {"?limit=0", "{}"},
      {"?limit=-1&limit_per_metric=1", "{\"b\":[" + one + "]," + own + "," + up + "}"},
      {"?metric=up", "{" + up + "}"},
      {"?metric=nothing", "{}"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(asking.body(std::string("/api/v1/metadata") + c.query),
              R"({"status":"success","data":)" + c.data + "}")
        << c.query;
  }
  for (const char* name : {"limit", "limit_per_metric"}) {
    const Response refused = asking.response(std::string("/api/v1/metadata?") + name + "=x");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, R"({"status":"error","errorType":"bad_data","error":")" +
                                std::string(name) + R"( must be a number"})");
  }
}

}  // namespace
}  // namespace slod::prometheus_api
