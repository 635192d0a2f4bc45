#include "lib/slo/histogram_unit.h"

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"

namespace slod {
namespace {

TEST(HistogramUnit, IsTakenFromTheNameOrTheBounds) {
  const std::set<double> istio{0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, infinity};
  const std::set<double> otel{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 10'000, infinity};
  const std::set<double> usual{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, infinity};
  const std::set<double> slow{1, 10, 60, 300, 3600, infinity};
  const struct {
    const char* metric;
    const std::set<double>& bounds;
    double below;
    const char* unit;
  } rows[] = {
      {"istio_request_duration_milliseconds", istio, 0.3, "milliseconds"},
      {"istio_request_duration_milliseconds", istio, 5, "milliseconds"},
      {"took_ms", istio, 0.1, "milliseconds"},
      {"istio_request_duration_milliseconds", istio, 300, ""},  // 300s, so as to mean 300 ms
      {"http_server_duration", otel, 0.25, "milliseconds"},
      {"http_server_duration", otel, 250, ""},
      {"rpc_microseconds", {}, 0.1, ""},
      {"rpc_us", {100, 1e6, infinity}, 0.25, "microseconds"},
      {"rpc_nanoseconds", {100, 1e9, infinity}, 0.25, "nanoseconds"},
      {"http_request_duration_seconds", usual, 0.3, ""},
      {"http_request_duration_seconds", usual, 0.004,
       ""},  // under all, but in seconds all the same
      {"http_request_duration_seconds", usual, 30, ""},
      {"job_seconds", slow, 0.5, "milliseconds"},
      {"job_seconds", slow, 30, ""},
      {"job_seconds", {infinity}, 0.5, ""},
      {"programs", usual, 0.3, ""},
  };
  for (const auto& [metric, bounds, below, unit] : rows) {
    EXPECT_EQ(unit_of_histogram(metric, bounds, below), unit) << metric << " " << below;
  }
  EXPECT_EQ(per_second("milliseconds"), 1000);
  EXPECT_EQ(per_second(""), 1);
}

}  // namespace
}  // namespace slod
