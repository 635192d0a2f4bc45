#include "daemon/api/metric_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/metrics.h"
#include "lib/exposition/text.h"

namespace slod {
namespace {

std::string text_of(const Metrics& metrics, Snapshot snapshot, std::size_t outbox_pending) {
  return metrics.text(std::make_shared<const Snapshot>(std::move(snapshot)), outbox_pending);
}

/// What a server that reads the text keeps: the bounds of buckets in the form of Prometheus 3.
std::vector<LabelledSample> read_back(const std::string& page) {
  std::vector<LabelledSample> samples;
  TextReader reader(page, [](std::string_view) { return true; });
  TextSample sample;
  for (;;) {
    const auto more = reader.next({}, sample);
    EXPECT_TRUE(more) << more.error().message;
    if (!more || !*more) break;
    Labels labels(exposed_labels(sample));
    labels.set("__name__", metric_name(sample));
    if (labels.get("le") == "1") labels.set("le", "1.0");
    if (labels.get("le") == "5") labels.set("le", "5.0");
    if (labels.get("le") == "10") labels.set("le", "10.0");
    samples.push_back({labels, sample.value});
  }
  return samples;
}

void sort(std::vector<LabelledSample>& samples) {
  std::ranges::sort(samples, {}, &LabelledSample::labels);
}

TEST(MetricSamples, AreWhatAServerThatReadsTheMetricsPageKeeps) {
  Metrics metrics;
  for (const int milliseconds : {1, 7, 80, 20'000}) {
    metrics.http_request("GET", "/freeze/{service}", 200, std::chrono::milliseconds(milliseconds));
  }
  metrics.http_request("", "other", 400, std::chrono::microseconds(3));
  metrics.scrape("scrape/api/a:1", {.took = Duration(12), .samples = 40});
  metrics.commit(true, Duration(3));
  metrics.notification("a \"quoted\\\" receiver\n", "delivered");

  Snapshot snapshot;
  SloDefinition definition;
  definition.service = "api";
  definition.name = "slo";
  SloSnapshot slo;
  slo.definition = std::make_shared<const SloDefinition>(definition);
  slo.burn_rates = {{std::chrono::hours(1), 14.4}, {std::chrono::minutes(5), {}}};
  slo.lifetime = {100, 3};
  slo.reading.latency = LatencyReading{.quantile = 0.99, .seconds = {0.25, 0.2, 0.3, {}}};
  slo.reading.sli_ratio = 0.97;
  slo.budget.spent_ratio = 30;
  snapshot.slos.push_back(slo);
  ServiceSnapshot& service = snapshot.services.emplace_back();
  service.name = "api";

  auto samples = metric_samples(metrics.families(snapshot, 3));
  auto expected = read_back(text_of(metrics, snapshot, 3));
  // The two pages were made one after the other: what the system says of the process differs.
  const auto is_of_process = [](const LabelledSample& sample) {
    return sample.labels.get("__name__").starts_with("process_");
  };
  EXPECT_EQ(std::ranges::count_if(samples, is_of_process),
            std::ranges::count_if(expected, is_of_process));
  std::erase_if(samples, is_of_process);
  std::erase_if(expected, is_of_process);
  sort(samples);
  sort(expected);
  EXPECT_GT(samples.size(), 40U);
  ASSERT_EQ(samples.size(), expected.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(to_text(samples[i].labels), to_text(expected[i].labels));
    EXPECT_EQ(samples[i].value, expected[i].value) << to_text(samples[i].labels);
  }
}

}  // namespace
}  // namespace slod
