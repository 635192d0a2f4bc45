// /api/v1/series, /labels and /label/{name}/values.

#include <gtest/gtest.h>

#include "daemon/api/prometheus/series_job.h"
#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

using namespace std::chrono_literals;

class Series : public testing::Test {
 protected:
  Series() {
    asking.samples.add({{"__name__", "up"}, {"job", "db"}}, Asking::now - 60s, 15s, {1, 1});
    asking.samples.add({{"__name__", "up"}, {"job", "api"}}, Asking::now - 60s, 15s, {1, 1});
    asking.samples.add({{"__name__", "old"}, {"http.status", "5"}, {"job", "api"}},
                       Asking::now - 2h, 15s, {1, 1});
  }

  Asking asking;
};

TEST_F(Series, AnswersAsPrometheus) {
  constexpr const char* wrong_selector = "1:2: parse error: unexpected end of input inside braces";
  const struct {
    const char* target;
    const char* form;
    int status;
    std::string body;
  } cases[] = {
      {"series?match[]=up", "", 200,
       R"({"status":"success","data":[{"__name__":"up","job":"api"},)"
       R"({"__name__":"up","job":"db"}]})"},
      {"series",
       "match%5B%5D=up%7Bjob%3D%22db%22%7D&match%5B%5D=%7B__name__%3D~%22.%2B%22%2Cjob%3D%22db%22%"
       "7D",
       200, R"({"status":"success","data":[{"__name__":"up","job":"db"}]})"},
      {"series?match[]=up&limit=1", "", 200,
       R"({"status":"success","data":[{"__name__":"up","job":"api"}],"warnings":["results )"
       R"(truncated due to limit"]})"},
      {"series?match[]=old&start=1767361000&end=1767361020", "", 200,
       R"({"status":"success","data":[]})"},
      {"series?match[]=old&start=2026-01-02T11:00:00Z", "", 200,
       R"({"status":"success","data":[{"__name__":"old","http.status":"5","job":"api"}]})"},
      {"series", "", 400,
       R"({"status":"error","errorType":"bad_data","error":"no match[] parameter provided"})"},
      {"series?match[]=%7B%7D", "", 400,
       R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": )"
       R"(match[] must contain at least one non-empty matcher"})"},
      {"series?match[]=%7B", "", 400,
       std::string(
           R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": )") +
           wrong_selector + R"("})"},
      {"labels", "", 200, R"({"status":"success","data":["__name__","http.status","job"]})"},
      {"labels?match[]=up", "", 200, R"({"status":"success","data":["__name__","job"]})"},
      {"labels?start=1767361000", "", 200, R"({"status":"success","data":[]})"},
      {"labels?start=1767360960", "limit=1", 200,
       R"({"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]})"},
      {"labels?start=x", "", 400,
       R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"start\": )"
       R"(invalid time value for 'start': cannot parse \"x\" to a valid timestamp"})"},
      {"labels?match[]=%7B", "", 400,
       std::string(R"({"status":"error","errorType":"bad_data","error":")") + wrong_selector +
           R"("})"},
      {"label/__name__/values", "", 200, R"({"status":"success","data":["old","up"]})"},
      {"label/job/values", "match[]=up", 200, R"({"status":"success","data":["api","db"]})"},
      {"label/job/values?limit=0", "", 200, R"({"status":"success","data":["api","db"]})"},
      {"label/job/values?limit=1", "", 200,
       R"({"status":"success","data":["api"],"warnings":["results truncated due to limit"]})"},
      {"label/nothing/values", "", 200, R"({"status":"success","data":[]})"},
      {"label/U__http_2e_status/values", "", 200, R"({"status":"success","data":["5"]})"},
      {"label/http.status/values", "", 200, R"({"status":"success","data":["5"]})"},
      {"label/job/values?match[]=%7B__name__%3D~%22(%3Fi).*U.*%22%7D", "", 200,
       R"({"status":"success","data":["api","db"]})"},
  };
  for (const auto& c : cases) {
    const Response response = asking.response(std::string("/api/v1/") + c.target, c.form);
    EXPECT_EQ(response.status, c.status) << c.target;
    EXPECT_EQ(response.body, c.body) << c.target;
  }
}

TEST_F(Series, NothingIsBetweenATimeAndAnEarlierOne) {
  EXPECT_EQ(asking.body("/api/v1/series?match[]=up&start=2&end=1"),
            R"({"status":"success","data":[]})");
}

TEST(EscapedName, IsReadAsPrometheusReadsIt) {
  const struct {
    const char* escaped;
    const char* name;
  } cases[] = {
      {"plain", "plain"},
      {"U__", ""},
      {"U__http_2e_status", "http.status"},
      {"U__a__b", "a_b"},
      {"U__mot_f6_rhead", "mot\xc3\xb6rhead"},
      {"U___1F600_", "\xf0\x9f\x98\x80"},
      {"U__a_", "U__a_"},
      {"U__a_2e", "U__a_2e"},
      {"U__a_zz_", "U__a_zz_"},
      {"U__a_d800_", "U__a_d800_"},
      {"U__a_110000_", "U__a_110000_"},
      {"U__a_0000041_", "U__a_0000041_"},
  };
  for (const auto& c : cases) EXPECT_EQ(unescaped_name(c.escaped), c.name) << c.escaped;
}

TEST(Routes, HaveBoundedPatterns) {
  EXPECT_EQ(find_route("/api/v1/label/anything/values").route->pattern,
            "/api/v1/label/{name}/values");
  EXPECT_EQ(find_route("/api/v1/label/anything/values").names[0], "anything");
  for (const char* path :
       {"/api/v1/label//values", "/api/v1/label/a/b/values", "/api/v1/label/values",
        "/api/v1/write", "/api/v1/query/", "/api/v1", "/query"}) {
    EXPECT_EQ(find_route(path).route, nullptr) << path;
  }
}

}  // namespace
}  // namespace slod::prometheus_api
