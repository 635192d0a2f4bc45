// The fingerprint of every form of an SLI, byte by byte: what is on the disk is compared with it,
// and a ledger whose SLO has another one is lost.

#include <gtest/gtest.h>

#include <string>

#include "lib/slo/definition.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

promql::Selector selector(std::string_view text) {
  return promql::parse_selector(text).value();
}

Expression expression(std::string_view text, Duration window = 1min) {
  return parse_expression(text, window).value();
}

std::string fingerprint_of(Sli sli) {
  SloDefinition definition;
  definition.sli = std::move(sli);
  return definition.fingerprint();
}

TEST(Fingerprint, OfCountedAvailability) {
  EXPECT_EQ(fingerprint_of(AvailabilitySli{selector("t"), selector("g"), {}}),
            "availability total t good g");
  EXPECT_EQ(fingerprint_of(AvailabilitySli{selector("t"), {}, selector("b")}),
            "availability total t bad b");
  EXPECT_EQ(
      fingerprint_of(AvailabilitySli{selector(R"(requests_total{job="api",code!="499"})"),
                                     {},
                                     selector(R"(requests_total{job=~"a.*",code!~"[123].."})")}),
      R"(availability total requests_total{code!="499",job="api"} )"
      R"(bad requests_total{code!~"[123]..",job=~"a.*"})");
  const EventSum total({{selector("b_total")}, {selector("a_total")}});
  const EventSum good({{selector("t")}, {selector("y"), true}, {selector("x"), true}});
  EXPECT_EQ(fingerprint_of(AvailabilitySli{total, good, {}}),
            "availability total a_total + b_total good t - x - y");
}

TEST(Fingerprint, OfEvaluatedAvailability) {
  const Expression total = expression("sum( rate(t[{{.window}}]) )", 5min);
  EXPECT_EQ(fingerprint_of(EvaluatedAvailabilitySli{total, expression("max(g)"), {}, 5min}),
            "availability of values, total sum(rate(t[5m])) good max(g) slice 5m");
  EXPECT_EQ(fingerprint_of(EvaluatedAvailabilitySli{total, {}, expression("max(b)"), 90s}),
            "availability of values, total sum(rate(t[5m])) bad max(b) slice 1m30s");
  EXPECT_EQ(fingerprint_of(ErrorRatioSli{expression("avg( bad_ratio )"), 1h}),
            "error ratio avg(bad_ratio) slice 1h");
}

TEST(Fingerprint, OfLatency) {
  EXPECT_EQ(fingerprint_of(LatencySli{selector(R"(seconds{job="api",a="b"})"), 0.3}),
            R"(latency seconds{a="b",job="api"} below 0.3)");
  EXPECT_EQ(fingerprint_of(LatencySli{selector("seconds"), 2}), "latency seconds below 2");
  EXPECT_EQ(fingerprint_of(LatencySliceSli{selector("seconds"), 0.999, 0.0005, 1min}),
            "latency seconds quantile 0.999 below 0.0005 slice 1m");
  EXPECT_EQ(fingerprint_of(LatencySliceSli{selector("seconds"), 0.5, 86400, 24h}),
            "latency seconds quantile 0.5 below 86400 slice 1d");
}

TEST(Fingerprint, OfThroughput) {
  EXPECT_EQ(fingerprint_of(ThroughputSli{selector("t"), 10.0, {}, 1min}),
            "throughput t at_least 10 slice 1m");
  EXPECT_EQ(fingerprint_of(ThroughputSli{selector("t"), {}, 1.0 / 3, 1s}),
            "throughput t at_most 0.3333333333333333 slice 1s");
  EXPECT_EQ(fingerprint_of(EvaluatedThroughputSli{expression("max(t)"), 0.5, {}, 1min}),
            "throughput of values, max(t) at_least 0.5 slice 1m");
  EXPECT_EQ(fingerprint_of(EvaluatedThroughputSli{expression("max(t)"), {}, 1e9, 1min}),
            "throughput of values, max(t) at_most 1000000000 slice 1m");
}

TEST(Fingerprint, OfThreshold) {
  EXPECT_EQ(fingerprint_of(ThresholdSli{expression("avg(load) / 4"), 0.8, {}, 1min}),
            "threshold avg(load) / 4 below 0.8 slice 1m");
  EXPECT_EQ(fingerprint_of(ThresholdSli{expression("up"), {}, -1.0, 30s}),
            "threshold up above -1 slice 30s");
}

}  // namespace
}  // namespace slod
