#include "lib/query/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace slod::query {
namespace {

TEST(QueryJson, WritesNumbersAsPrometheusDoes) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const struct {
    double value;
    const char* text;
  } cases[] = {
      {0, R"("0")"},
      {-0.0, R"("-0")"},
      {1, R"("1")"},
      {0.1, R"("0.1")"},
      {-2.5, R"("-2.5")"},
      {1e-6, R"("0.000001")"},
      {9.99e-7, R"("9.99e-07")"},
      {-1e-7, R"("-1e-07")"},
      {1e20, R"("100000000000000000000")"},
      {9007199254740992, R"("9007199254740992")"},
      {1.2345678901234568e20, R"("123456789012345680000")"},
      {1e21, R"("1e+21")"},
      {-1e21, R"("-1e+21")"},
      {123456789.125, R"("123456789.125")"},
      {1.7976931348623157e308, R"("1.7976931348623157e+308")"},
      {5e-324, R"("5e-324")"},
      {std::numeric_limits<double>::quiet_NaN(), R"("NaN")"},
      {infinity, R"("+Inf")"},
      {-infinity, R"("-Inf")"},
  };
  for (const auto& c : cases) {
    std::string out;
    append_number(out, c.value);
    EXPECT_EQ(out, c.text);
  }
}

TEST(QueryJson, WritesTimesWithThreeDecimalsOrNone) {
  const struct {
    std::int64_t milliseconds;
    const char* text;
  } cases[] = {
      {0, "0"},
      {1000, "1"},
      {1767361020000, "1767361020"},
      {1767361020070, "1767361020.070"},
      {5, "0.005"},
      {-5, "-0.005"},
      {-1500, "-1.500"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775.808"},
  };
  for (const auto& c : cases) {
    std::string out;
    append_time(out, Instant(Duration(c.milliseconds)));
    EXPECT_EQ(out, c.text);
  }
}

std::string text_of(const Result& result) {
  std::string out;
  append_open(out, result, {});
  return out;
}

/// Written one value after the other.
std::string naive_text(const Result& result) {
  std::string out = R"({"resultType":"matrix","result":[)";
  for (const SampleRun& run : result.series) {
    if (&run != &result.series.front()) out += ',';
    out += R"({"metric":)";
    append_labels(out, run.labels);
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      out += i == 0 ? R"(,"values":[[)" : ",[";
      append_time(out, run.times[i]);
      out += ',';
      append_number(out, run.values[i]);
      out += ']';
    }
    out += run.times.empty() ? "}" : "]}";
  }
  return out + "]";
}

TEST(QueryJson, WritesSeriesWhoseTimesAreTheSameOrDiffer) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Result result;
  result.type = promql::ValueType::matrix;
  for (int series = 0; series < 50; ++series) {
    SampleRun run;
    run.labels = {{"series", std::to_string(series)}};
    // Around what is written at once; every other series has gaps.
    const std::size_t steps = random() % 100;
    const std::uint64_t gaps = series % 2 == 0 ? 0 : random() % 4;
    for (std::size_t step = 0; step < steps; ++step) {
      if (random() % 4 < gaps) continue;
      run.times.emplace_back(Duration(1'767'436'620'000 + static_cast<std::int64_t>(step) * 250));
      run.values.push_back(std::bit_cast<double>(random()));
    }
    result.series.push_back(std::move(run));
  }
  EXPECT_EQ(text_of(result), naive_text(result));
}

TEST(QueryJson, KeepsFloatsAndHistogramsOfASeriesApart) {
  auto histogram = std::make_shared<NativeHistogram>();
  histogram->count = 0;
  Result result;
  result.type = promql::ValueType::matrix;
  result.series.push_back({.labels = {{"a", "\xff\"\n"}},
                           .times = {Instant(Duration(1000)), Instant(Duration(2000))},
                           .values = {3, 0},
                           .histograms = {nullptr, histogram}});
  EXPECT_EQ(text_of(result),
            "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"a\":\"\xef\xbf\xbd\\\"\\n\"},"
            "\"values\":[[1,\"3\"]],\"histograms\":[[2,{\"count\":\"0\",\"sum\":\"0\"}]]}]");
}

}  // namespace
}  // namespace slod::query
