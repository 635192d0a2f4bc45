#include "daemon/api/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <locale>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

namespace slod {
namespace {

std::string text_of(const Metrics& metrics, Snapshot snapshot, std::size_t outbox_pending) {
  return metrics.text(std::make_shared<const Snapshot>(std::move(snapshot)), outbox_pending);
}

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
  const std::string page = text_of(metrics, Snapshot{}, 0);
  EXPECT_EQ(series_of(page, "slod_http_requests_total"), 3U);
  EXPECT_EQ(series_of(page, "slod_http_request_duration_seconds_count"), 3U);
  EXPECT_NE(page.find(R"(slod_http_requests_total{code="501",method="other",path="other"} 1000)"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find(R"(code="400",method="unreadable",path="other"} 1)"), std::string::npos);
}

/// A snapshot of one latency SLO with this quantile.
Snapshot with_latency(double seconds) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "latency";
  definition.objective = 0.99;
  SloSnapshot slo;
  slo.definition = std::make_shared<const SloDefinition>(definition);
  slo.reading.latency = LatencyReading{
      0.99, {.value = seconds, .lower = 0.1, .upper = seconds, .relative_error = 0.6}};
  Snapshot snapshot;
  snapshot.slos.push_back(slo);
  return snapshot;
}

TEST(Metrics, BeginAResultWithItsFirstEvent) {
  Metrics metrics;
  EXPECT_EQ(text_of(metrics, Snapshot{}, 0).find("slod_notifications_total"), std::string::npos);
  EXPECT_EQ(text_of(metrics, Snapshot{}, 0).find("slod_scrape"), std::string::npos);
  metrics.notification("chat", "delivered");
  metrics.notification("chat", "delivered");
  EXPECT_NE(text_of(metrics, Snapshot{}, 0)
                .find("# TYPE slod_notifications_total counter\n"
                      "slod_notifications_total{receiver=\"chat\",result=\"delivered\"} 2\n"),
            std::string::npos);
}

TEST(Metrics, ForgetSourcesThatAreNoLongerRead) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) {
    const std::string error = i == 1 ? "cannot connect" : "";
    metrics.scrape("a", {.took = Duration(250), .error = error, .samples = 7, .ignored = 2});
    metrics.scrape("b", {.error = "cannot connect"});
  }
  std::string page = text_of(metrics, Snapshot{}, 0);
  for (const char* line :
       {"slod_scrape_up{source=\"a\"} 1\n", "slod_scrape_duration_seconds{source=\"a\"} 0.25\n",
        "slod_scrapes_total{source=\"a\"} 3\n", "slod_scrape_failures_total{source=\"a\"} 1\n",
        "slod_scrape_failures_total{source=\"b\"} 3\n",
        "slod_scrape_samples_scraped{source=\"a\"} 7\n",
        "slod_scrape_samples_ignored_total{source=\"a\"} 6\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
  metrics.forget_scrapes_except({{"a", {}}});
  page = text_of(metrics, Snapshot{}, 0);
  EXPECT_EQ(series_of(page, "slod_scrapes_total"), 1U);
  EXPECT_EQ(page.find("source=\"b\""), std::string::npos) << page;
  metrics.scrape("b", {});
  EXPECT_NE(text_of(metrics, Snapshot{}, 0).find("slod_scrapes_total{source=\"b\"} 1\n"),
            std::string::npos);
}

TEST(Metrics, CountWhichRulesDecidedWhatSamplesMean) {
  Metrics metrics;
  RuleCounts rules;
  rules.add(Rule::restart, 3);
  metrics.scrape("a", {.rules = rules});
  rules.add(Rule::dip);
  metrics.scrape("a", {.rules = rules});
  metrics.scrape("b", {.rules = rules});
  std::string page = text_of(metrics, Snapshot{}, 0);
  EXPECT_EQ(series_of(page, "slod_scrape_judgements_total"), 4U);
  for (const char* line : {"slod_scrape_judgements_total{rule=\"restart\",source=\"a\"} 6\n",
                           "slod_scrape_judgements_total{rule=\"dip\",source=\"a\"} 1\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
  metrics.forget_scrapes_except({{"a", {}}});
  page = text_of(metrics, Snapshot{}, 0);
  EXPECT_EQ(series_of(page, "slod_scrape_judgements_total"), 2U);
}

TEST(Metrics, FollowWhatTheEngineCounts) {
  Metrics metrics;
  metrics.samples({.series = 3, .memory_bytes = 900, .kept = Duration(1500), .refused = 4});
  metrics.samples({.series = 2, .memory_bytes = 800, .kept = Duration(2500), .refused = 9});
  metrics.rules({.missed = 2, .failures = 1});
  metrics.rules({.missed = 2, .failures = 5});
  const std::string page = text_of(metrics, Snapshot{}, 6);
  for (const char* line :
       {"\nslod_query_series 2\n", "\nslod_query_memory_bytes 800\n",
        "\nslod_query_kept_seconds 2.5\n", "\nslod_query_samples_refused_total 9\n",
        "\nslod_rule_group_iterations_missed_total 2\n",
        "\nslod_rule_evaluation_failures_total 5\n", "\nslod_outbox_pending 6\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
}

TEST(Metrics, ShowTheLongerOfTheLastCommitAndTheOneUnderWay) {
  Metrics metrics;
  const auto shows = [&](std::string_view line) {
    return text_of(metrics, Snapshot{}, 0).find(line) != std::string::npos;
  };
  EXPECT_TRUE(shows("\nslod_store_last_commit_successful 1\n"));
  metrics.commit(false, Duration(2000));
  EXPECT_TRUE(shows("\nslod_store_commit_seconds 2\n"));
  EXPECT_TRUE(shows("\nslod_store_last_commit_successful 0\n"));
  metrics.commit_under_way(Duration(1000));
  EXPECT_TRUE(shows("\nslod_store_commit_seconds 2\n"));
  metrics.commit_under_way(Duration(7000));
  EXPECT_TRUE(shows("\nslod_store_commit_seconds 7\n"));
  metrics.commit(true, Duration(500));
  EXPECT_TRUE(shows("\nslod_store_commit_seconds 0.5\n"));
  EXPECT_TRUE(shows("slod_store_commits_total{result=\"failed\"} 1\n"));
}

// prometheus-cpp 1.0 prints NaN as "Nan", which no reader of the format takes for a number.
TEST(Metrics, ShowNoValueThatDoesNotExist) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(text_of(Metrics(), with_latency(nan), 0).find("slod_latency_seconds"),
            std::string::npos);
  EXPECT_NE(text_of(Metrics(), with_latency(std::numeric_limits<double>::infinity()), 0)
                .find("window=\"30d\"} +Inf\n"),
            std::string::npos);
}

// prometheus-cpp 1.0 does not escape a help text.
TEST(Metrics, HaveHelpTextsThatNeedNoEscape) {
  Metrics metrics;
  metrics.http_request("GET", "/freeze", 200, std::chrono::microseconds(1));
  metrics.scrape("a", {});
  metrics.notification("chat", "delivered");
  metrics.commit(true, Duration(1));
  metrics.reload(true, Instant());
  const auto families = metrics.families(with_latency(0.25), 0);
  std::set<std::string> names;
  for (const prometheus::MetricFamily& family : families) {
    EXPECT_TRUE(names.insert(family.name).second) << "twice: " << family.name;
    EXPECT_NE(family.help, "") << family.name;
    EXPECT_EQ(family.help.find_first_of("\\\n"), std::string::npos) << family.help;
  }
  EXPECT_GT(names.size(), 30U);
}

/// Writes numbers as much of Europe does.
class CommaForPoint final : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Metrics, AreTheSameInEveryLocale) {
  Metrics metrics;
  metrics.samples({.series = 1'234'567, .memory_bytes = 0, .kept = Duration(1500), .refused = 0});
  const std::locale before =
      std::locale::global(std::locale(std::locale::classic(), new CommaForPoint));
  const std::string page = text_of(metrics, with_latency(0.25), 0);
  std::locale::global(before);
  EXPECT_NE(page.find("\nslod_query_series 1234567\n"), std::string::npos) << page;
  EXPECT_NE(page.find("\nslod_query_kept_seconds 1.5\n"), std::string::npos) << page;
  EXPECT_NE(page.find("window=\"30d\"} 0.25\n"), std::string::npos) << page;
}

TEST(Metrics, ShowWhatTheProcessTakes) {
  const std::string page = text_of(Metrics(), Snapshot{}, 0);
  EXPECT_NE(page.find("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "),
            std::string::npos)
      << page;
  for (const char* name : {"process_resident_memory_bytes", "process_open_fds", "process_max_fds",
                           "process_start_time_seconds"}) {
    EXPECT_NE(page.find(fmt::format("# TYPE {0} gauge\n{0} ", name)), std::string::npos) << name;
  }
}

TEST(Metrics, ShowALatencyAsNoGaugeForTheLabelQuantileIsASummarys) {
  const std::string page = text_of(Metrics(), with_latency(0.25), 0);
  EXPECT_NE(page.find("# TYPE slod_latency_seconds untyped\n"
                      "slod_latency_seconds{service=\"api\",slo=\"latency\",quantile=\"0.99\","
                      "window=\"30d\"} 0.25\n"),
            std::string::npos)
      << page;
}

}  // namespace
}  // namespace slod
