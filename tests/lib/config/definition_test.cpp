#include "lib/slo/definition.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/lib/config/fixture.h"

namespace slod {
namespace {

/// The one SLO with this SLI and these further keys.
SloDefinition defined(const std::string& sli, const std::string& keys = "objective: 99%") {
  const std::string text = "services: [{name: s, slos: [{name: a, " + keys + ", " + sli + "}]}]";
  const config::LoadResult result = config::load_text(text);
  EXPECT_TRUE(result.config) << text;
  return result.config.value().slos.at(0);
}

TEST(Definition, KeepsItsFingerprintWhileItCountsTheSame) {
  const std::string sli = "availability: {total: 't{a=\"b\",c=~\"d\"}', good: g}";
  const std::string fingerprint = defined(sli).fingerprint();
  EXPECT_EQ(defined(sli,
                    "objective: 90%, window: 7d, description: x, on_missing: deny, "
                    "stale_after: 1h, cold_start: observed")
                .fingerprint(),
            fingerprint);
  EXPECT_EQ(defined("availability: {total: '{c=~`d`, a=''b'', __name__=\"t\"}', good: 'g{}'}")
                .fingerprint(),
            fingerprint);
}

TEST(Definition, ChangesItsFingerprintWithWhatItCounts) {
  const char* slis[] = {
      "availability: {total: t, good: g}",
      "availability: {total: t, bad: g}",
      "availability: {total: t, good: h}",
      "availability: {total: u, good: g}",
      "availability: {total: 't{a=\"b\"}', good: g}",
      "availability: {total: 't{a=~\"b\"}', good: g}",
      "latency: {histogram: t, below: 1s}",
      "latency: {histogram: t, below: 2s}",
      "latency: {histogram: t, below: 1s, quantile: 0.9}",
      "latency: {histogram: t, below: 1s, quantile: 0.99}",
      "latency: {histogram: t, below: 1s, quantile: 0.99, slice: 5m}",
      "throughput: {total: t, at_least: 1/s}",
      "throughput: {total: t, at_most: 1/s}",
      "throughput: {total: t, at_least: 2/s}",
      "throughput: {total: t, at_least: 2/s, slice: 5m}",
      "threshold: {expr: t, below: 1}",
      "threshold: {expr: t, above: 1}",
      "threshold: {expr: u, above: 1}",
  };
  std::set<std::string> fingerprints;
  for (const char* sli : slis) {
    EXPECT_TRUE(fingerprints.insert(defined(sli).fingerprint()).second) << sli;
  }
}

TEST(Definition, SaysItsKindAndItsSlice) {
  struct Case {
    const char* sli;
    const char* kind;
    std::optional<Duration> slice;
  };
  const Case cases[] = {
      {"availability: {total: t, good: g}", "availability", std::nullopt},
      {"latency: {histogram: t, below: 1s}", "latency", std::nullopt},
      {"latency: {histogram: t, below: 1s, quantile: 0.9}", "latency", std::chrono::minutes(1)},
      {"throughput: {total: t, at_least: 1/s, slice: 5m}", "throughput", std::chrono::minutes(5)},
      {"threshold: {expr: t, below: 1}", "threshold", std::chrono::minutes(1)},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(defined(c.sli).kind(), c.kind) << c.sli;
    EXPECT_EQ(defined(c.sli).slice(), c.slice) << c.sli;
    EXPECT_EQ(to_text(defined(c.sli).id()), "s/a");
  }
}

TEST(Window, HasALengthAndAText) {
  const Window rolling = RollingWindow{std::chrono::days(30)};
  EXPECT_EQ(nominal_length(rolling), std::chrono::days(30));
  EXPECT_EQ(to_text(rolling), "30d");
  const Window calendar = CalendarWindow{CalendarPeriod::quarter, "UTC"};
  EXPECT_EQ(nominal_length(calendar), std::chrono::days(90));
  EXPECT_EQ(to_text(calendar), "calendar quarter");
}

}  // namespace
}  // namespace slod
