#include "daemon/api/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
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

TEST(Metrics, ShowWhatTheProcessTakes) {
  const std::string page = Metrics().text(Snapshot{}, 0);
  EXPECT_NE(page.find("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "),
            std::string::npos)
      << page;
  for (const char* name : {"process_resident_memory_bytes", "process_open_fds", "process_max_fds",
                           "process_start_time_seconds"}) {
    EXPECT_NE(page.find(fmt::format("# TYPE {0} gauge\n{0} ", name)), std::string::npos) << name;
  }
}

TEST(Metrics, ShowALatencyAsNoGaugeForTheLabelQuantileIsASummarys) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "latency";
  definition.objective = 0.99;
  SloSnapshot slo;
  slo.definition = std::make_shared<const SloDefinition>(definition);
  slo.reading.latency =
      LatencyReading{0.99, {.value = 0.25, .lower = 0.1, .upper = 0.25, .relative_error = 0.6}};
  Snapshot snapshot;
  snapshot.slos.push_back(slo);
  const std::string page = Metrics().text(snapshot, 0);
  EXPECT_NE(page.find("# TYPE slod_latency_seconds untyped\n"
                      "slod_latency_seconds{service=\"api\",slo=\"latency\",quantile=\"0.99\","
                      "window=\"30d\"} 0.25\n"),
            std::string::npos)
      << page;
}

}  // namespace
}  // namespace slod
