// /api/v1/query and /api/v1/query_range: requests and the bodies that Prometheus gives them.

#include <gtest/gtest.h>

#include <string>

#include "lib/sketch/native_histogram_notation.h"
#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

using namespace std::chrono_literals;

/// up{job="api"} and up{job="db"} every 15 s of the last minute, and one native histogram.
class Query : public testing::Test {
 protected:
  Query() {
    asking.samples.add({{"__name__", "up"}, {"job", "api"}}, Asking::now - 60s, 15s,
                       {1, 1, 0, 1, 1});
    asking.samples.add({{"__name__", "up"}, {"job", "db"}}, Asking::now - 60s, 15s,
                       {0, 0, 0, 0.5, 0.25});
    asking.samples.add(
        {{"__name__", "took_seconds"}}, Asking::now - 15s,
        std::make_shared<const NativeHistogram>(
            from_notation("{{schema:1 count:12.5 sum:42.1 buckets:[5 0 7.5]}}").value().histogram));
  }

  Asking asking;
};

std::string result(std::string_view type, std::string_view result) {
  return std::string(R"({"status":"success","data":{"resultType":")") + std::string(type) +
         R"(","result":)" + std::string(result) + "}}";
}

std::string bad(std::string_view error) {
  return R"({"status":"error","errorType":"bad_data","error":")" + std::string(error) + R"("})";
}

TEST_F(Query, AnswersByTheTypeOfTheResult) {
  const struct {
    const char* query;
    std::string body;
  } cases[] = {
      {"query=up&time=1767361020",
       result("vector", R"([{"metric":{"__name__":"up","job":"api"},"value":[1767361020,"1"]},)"
                        R"({"metric":{"__name__":"up","job":"db"},"value":[1767361020,"0.25"]}])")},
      {"query=up",
       result("vector", R"([{"metric":{"__name__":"up","job":"api"},"value":[1767361020,"1"]},)"
                        R"({"metric":{"__name__":"up","job":"db"},"value":[1767361020,"0.25"]}])")},
      {"query=nothing", result("vector", "[]")},
      {"query=1%2B1&time=4", result("scalar", R"([4,"2"])")},
      {"query=1e-7&time=4.5", result("scalar", R"([4.500,"1e-07"])")},
      {"query=%22a%5C%22b%22&time=1767361020.07", result("string", R"([1767361020.070,"a\"b"])")},
      {"query=up%7Bjob%3D%22api%22%7D%5B20s%5D",
       result("matrix", R"([{"metric":{"__name__":"up","job":"api"},)"
                        R"("values":[[1767361005,"1"],[1767361020,"1"]]}])")},
      {"query=took_seconds",
       result("vector", R"([{"metric":{"__name__":"took_seconds"},"histogram":[1767361020,)"
                        R"({"count":"12.5","sum":"42.1","buckets":[)"
                        R"([0,"0.7071067811865475","1","5"],)"
                        R"([0,"1.414213562373095","2","7.5"]]}]}])")},
      {"query=took_seconds%5B1m%5D",
       result("matrix", R"([{"metric":{"__name__":"took_seconds"},"histograms":[[1767361005,)"
                        R"({"count":"12.5","sum":"42.1","buckets":[)"
                        R"([0,"0.7071067811865475","1","5"],)"
                        R"([0,"1.414213562373095","2","7.5"]]}]]}])")},
      {"query=up&time=2026-01-02T14:36:51%2B01:00&limit=1",
       R"({"status":"success","data":{"resultType":"vector","result":[)"
       R"({"metric":{"__name__":"up","job":"api"},"value":[1767361011,"1"]}]},)"
       R"("warnings":["results truncated due to limit"]})"},
  };
  for (const auto& c : cases) {
    const Response response = asking.response(std::string("/api/v1/query?") + c.query);
    EXPECT_EQ(response.status, 200) << c.query;
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, c.body) << c.query;
  }
}

TEST_F(Query, AnswersARangeWithAMatrix) {
  const struct {
    const char* query;
    std::string body;
  } cases[] = {
      {"query=up&start=1767360990&end=1767361020&step=15",
       result("matrix", R"([{"metric":{"__name__":"up","job":"api"},)"
                        R"("values":[[1767360990,"0"],[1767361005,"1"],[1767361020,"1"]]},)"
                        R"({"metric":{"__name__":"up","job":"db"},)"
                        R"("values":[[1767360990,"0"],[1767361005,"0.5"],[1767361020,"0.25"]]}])")},
      {"query=sum(up)&start=2026-01-02T13:36:59.5Z&end=2026-01-02T13:37:00Z&step=500ms",
       result("matrix",
              R"([{"metric":{},"values":[[1767361019.500,"1.5"],[1767361020,"1.25"]]}])")},
      {"query=2&start=1&end=2&step=1s",
       result("matrix", R"([{"metric":{},"values":[[1,"2"],[2,"2"]]}])")},
      {"query=nothing&start=1&end=1&step=1", result("matrix", "[]")},
      {"query=up&start=1767361020&end=1767361020&step=15&limit=1",
       R"({"status":"success","data":{"resultType":"matrix","result":[)"
       R"({"metric":{"__name__":"up","job":"api"},"values":[[1767361020,"1"]]}]},)"
       R"("warnings":["results truncated due to limit"]})"},
      // The lookback is five minutes, or what is asked for.
      {"query=up%7Bjob%3D%22api%22%7D&start=1767361319&end=1767361320&step=1",
       result("matrix",
              R"([{"metric":{"__name__":"up","job":"api"},"values":[[1767361319,"1"]]}])")},
      {"query=up&start=1767361319&end=1767361320&step=1&lookback_delta=1m", result("matrix", "[]")},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(asking.body(std::string("/api/v1/query_range?") + c.query), c.body) << c.query;
  }
}

TEST_F(Query, MergesTheFormWithTheUrl) {
  EXPECT_EQ(asking.body("/api/v1/query?stats=&time=7", "query=1%2B1"),
            result("scalar", R"([7,"2"])"));
  EXPECT_EQ(asking.body("/api/v1/query?query=1&time=7", "query=2"), result("scalar", R"([7,"2"])"));
}

TEST_F(Query, RefusesWhatPrometheusRefuses) {
  const struct {
    const char* target;
    std::string error;
  } cases[] = {
      {"query?query=sum((",
       R"(invalid parameter \"query\": 1:6: parse error: unclosed left parenthesis)"},
      {"query?",
       R"(invalid parameter \"query\": unknown position: parse error: no expression found )"
       R"(in input)"},
      {"query?query=up&time=noon",
       R"(invalid parameter \"time\": invalid time value for 'time': cannot parse \"noon\" )"
       R"(to a valid timestamp)"},
      {"query?query=up&limit=-1", R"(invalid parameter \"limit\": limit must be non-negative)"},
      {"query?query=up&limit=a",
       R"(invalid parameter \"limit\": strconv.Atoi: parsing \"a\": invalid syntax)"},
      {"query?query=up&limit=99999999999999999999",
       R"(invalid parameter \"limit\": strconv.Atoi: parsing \"99999999999999999999\": )"
       R"(value out of range)"},
      {"query?query=up&timeout=soon",
       R"(invalid parameter \"timeout\": cannot parse \"soon\" to a valid duration)"},
      {"query?query=up&timeout=1e300",
       R"(invalid parameter \"timeout\": cannot parse \"1e300\" to a valid duration. It )"
       R"(overflows int64)"},
      {"query?query=up&lookback_delta=x",
       R"(error parsing lookback delta duration: cannot parse \"x\" to a valid duration)"},
      {"query_range?query=up",
       R"(invalid parameter \"start\": cannot parse \"\" to a valid timestamp)"},
      {"query_range?query=up&start=NaN",
       R"(invalid parameter \"start\": cannot parse \"NaN\" to a valid timestamp)"},
      {"query_range?query=up&start=1",
       R"(invalid parameter \"end\": cannot parse \"\" to a valid timestamp)"},
      {"query_range?query=up&start=2&end=1",
       R"(invalid parameter \"end\": end timestamp must not be before start time)"},
      {"query_range?query=up&start=1&end=2",
       R"(invalid parameter \"step\": cannot parse \"\" to a valid duration)"},
      {"query_range?query=up&start=1&end=2&step=0",
       R"(invalid parameter \"step\": zero or negative query resolution step widths are not )"
       R"(accepted. Try a positive integer)"},
      {"query_range?query=up&start=1&end=2&step=-5",
       R"(invalid parameter \"step\": zero or negative query resolution step widths are not )"
       R"(accepted. Try a positive integer)"},
      {"query_range?query=up&start=0&end=11001&step=1",
       "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
       "resolution (?step=XX)"},
      {"query_range?query=up[5m]&start=1&end=2&step=1",
       R"(invalid parameter \"query\": invalid expression type \"range vector\" for range )"
       R"(query, must be Scalar or instant Vector)"},
      {"format_query?query=sum(",
       R"(invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis)"},
      {"query_exemplars?query=sum(", R"(1:5: parse error: unclosed left parenthesis)"},
      {"query_exemplars?query=up&start=2&end=1",
       "end timestamp must not be before start timestamp"},
  };
  for (const auto& c : cases) {
    const Response response = asking.response(std::string("/api/v1/") + c.target);
    EXPECT_EQ(response.status, 400) << c.target;
    EXPECT_EQ(response.body, bad(c.error)) << c.target;
  }
  EXPECT_EQ(asking.response("/api/v1/query_range?query=up&start=0&end=11000&step=1").status, 200);
}

TEST_F(Query, SaysWhatCannotBeEvaluated) {
  const Response response = asking.response("/api/v1/query?query=up%20%2B%20on()%20up");
  EXPECT_EQ(response.status, 422);
  EXPECT_TRUE(response.body.starts_with(
      R"({"status":"error","errorType":"execution","error":"found duplicate series for the )"
      R"(match )"))
      << response.body;
}

TEST_F(Query, TellsTooLateFromNobodyThere) {
  std::stop_source stop;
  stop.request_stop();
  Response response = asking.response("/api/v1/query?query=up", {}, stop.get_token());
  EXPECT_EQ(response.status, 499);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"canceled",)"
                           R"("error":"query was canceled in query queue"})");
  response = asking.response("/api/v1/query?query=up&timeout=0", {}, stop.get_token());
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"timeout",)"
                           R"("error":"query timed out in query queue"})");
}

TEST_F(Query, EndsSoonAfterItsClientLeft) {
  std::stop_source stop;
  asking.samples.on_open = [&stop] { stop.request_stop(); };
  const Response response = asking.response("/api/v1/query?query=sum(up)", {}, stop.get_token());
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"canceled",)"
                           R"("error":"query was canceled in query preparation"})");
}

TEST_F(Query, OpensWhatTheQueryMayLookAt) {
  asking.body(
      "/api/v1/query_range?query=rate(up[1m])%2Bup%20offset%201h&start=10000&end=20000&step=100");
  ASSERT_EQ(asking.samples.ranges.size(), 1U);
  EXPECT_EQ(asking.samples.selections.at(0), 2U);
  EXPECT_EQ(asking.samples.ranges.at(0).begin, Instant(10000s - 1h - 5min));
  EXPECT_EQ(asking.samples.ranges.at(0).end, Instant(20000s));
}

TEST_F(Query, GivesStatisticsToWhoAsks) {
  EXPECT_FALSE(asking.body("/api/v1/query?query=up").contains("stats"));
  const auto stats =
      asking.json("/api/v1/query?query=up&stats=all").at("data").at("stats").as_object();
  EXPECT_EQ(stats.at("samples").at("totalQueryableSamples").to_number<int>(),
            10);  // that were read
  for (const char* name : {"evalTotalTime", "queryPreparationTime", "innerEvalTime",
                           "execQueueTime", "execTotalTime"}) {
    EXPECT_GE(stats.at("timings").at(name).to_number<double>(), 0) << name;
  }
}

TEST_F(Query, CutsAnnotationsToTenOfAKind) {
  std::string query = "rate(a0_x[1m])";
  for (int i = 0; i < 12; ++i) {
    const std::string name = "g" + std::to_string(i);
    asking.samples.add({{"__name__", name}}, Asking::now - 60s, 15s, {1, 2, 3, 4});
    query += " or rate(" + name + "[2m])";
  }
  std::string encoded;
  for (const char c : query) encoded += c == ' ' ? "%20" : std::string(1, c);
  const auto infos = asking.json("/api/v1/query?query=" + encoded).at("infos").as_array();
  ASSERT_EQ(infos.size(), 11U);
  EXPECT_EQ(infos.at(10).as_string(), "2 more info annotations omitted");
  EXPECT_TRUE(std::string(infos.at(0).as_string())
                  .starts_with("PromQL info: metric might not be a counter"));
}

TEST_F(Query, TakesTimesFarAwayWithoutOverflow) {
  for (const char* time : {"1e300", "-1e300", "9223372036854775", "-9223372036854775", "Inf"}) {
    EXPECT_EQ(
        asking.response(std::string("/api/v1/query?query=up%20offset%201y&time=") + time).status,
        200)
        << time;
  }
}

TEST_F(Query, HasNoExemplars) {
  // Grafana asks in milliseconds when it probes.
  const char* probe = "/api/v1/query_exemplars?query=test&start=1795523372087&end=1795525172087";
  EXPECT_EQ(asking.body(probe), R"({"status":"success","data":[]})");
  EXPECT_EQ(asking.response("/api/v1/query_exemplars?query=1").status, 204);
  EXPECT_EQ(asking.body("/api/v1/query_exemplars", "query=1"), "");
}

TEST_F(Query, FormatsAQuery) {
  EXPECT_EQ(asking.body("/api/v1/format_query?query=foo%2Fbar"),
            R"({"status":"success","data":"foo / bar"})");
}

}  // namespace
}  // namespace slod::prometheus_api
