// What the samples of a page mean, judged together: a table of pages, and what they count.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

std::shared_ptr<const Demand> demand() {
  return std::make_shared<const Demand>(
      std::vector{promql::parse_selector("x").value(),
                  promql::parse_selector(std::string(process_start_metric)).value()},
      1);
}

std::string x(const std::string& code, double value, const std::string& more = "") {
  return fmt::format("x{{code=\"{}\"{}}} {}\n", code, more, value);
}

std::string both(double good, double bad, const std::string& more = "") {
  return x("200", good, more) + x("500", bad, more);
}

/// A process of test that began at this second.
std::string start(double at, const std::string& labels = "") {
  return fmt::format("process_start_time_seconds{} {}\n", labels,
                     static_cast<double>(second(at).time_since_epoch().count()) / 1000);
}

struct Sums {
  double total = 0;
  double bad = 0;
  double doubt_counted = 0;
  double doubt_left_out = 0;
  bool is_shared = false;

  bool operator==(const Sums&) const = default;
};

void PrintTo(const Sums& sums, std::ostream* out) {
  *out << fmt::format("{} events, {} bad, in doubt {} counted and {} left out{}", sums.total,
                      sums.bad, sums.doubt_counted, sums.doubt_left_out,
                      sums.is_shared ? ", shared" : "");
}

/// What pages that come every 15 seconds from second 0 on count.
Sums counted(const Texts& pages, SourceKind kind = target_kind) {
  ScrapedSource source(demand(), {.kind = kind});
  Sums sums;
  double now = 0;
  for (const std::string& page : pages) {
    const auto result = source.record_page(page, second(now));
    EXPECT_TRUE(result.has_value()) << page;
    for (const Observation& observation : result->observations) {
      sums.total += observation.events;
      const Series series = source.book.series(observation.series);
      if (series.labels.get("code") == "500") sums.bad += observation.events;
    }
    for (const TakenBackEvents& events : result->taken_back) {
      sums.total -= events.events;
      if (source.book.series(events.series).labels.get("code") == "500") sums.bad -= events.events;
    }
    for (const DoubtfulEvents& doubt : result->doubts) {
      (doubt.is_counted ? sums.doubt_counted : sums.doubt_left_out) += doubt.events;
    }
    sums.is_shared = result->is_shared_address;
    now += 15;
  }
  return sums;
}

struct Row {
  const char* name;
  Texts pages;
  Sums sums;
};

void expect(const std::vector<Row>& rows, SourceKind kind = target_kind) {
  for (const auto& [name, pages, sums] : rows) EXPECT_EQ(counted(pages, kind), sums) << name;
}

TEST(Evidence, OfARestartIsTheFallOfAnyCounterOfTheProcess) {
  expect({
      {"one fell, one rose", {both(1000, 30), both(100, 50)}, {150, 50, 30, 0}},
      {"all fell", {both(1000, 30), both(100, 5)}, {105, 5, 0, 0}},
      {"a large one went on: only the one that fell began again",
       {both(100'000, 30) + x("404", 50), both(100'100, 2) + x("404", 60)},
       {112, 2, 2, 0}},
      {"one that stands still went on", {both(1000, 65), both(20, 65)}, {20, 0, 20, 0}},
      {"one that ends says nothing of the others",
       {x("200", 1000), both(1000, 7), both(1093, 7), both(40, 7), both(40, 7), x("200", 40),
        x("200", 41), x("200", 41)},
       {141, 7, 47, 0}},
      {"one that hardly rose went on, or began again and came as far by chance",
       {both(40, 7), both(41, 0)},
       {1, 0, 0, 47}},
      {"the same with the errors", {both(1000, 30), both(100, 31)}, {101, 1, 100, 30}},
      {"unless it hardly counted", {both(1000, 2), both(20, 2)}, {20, 0, 0, 2}},
      {"a counter that is back counts what it has since then",
       {both(1000, 30), x("200", 100), both(200, 40)},
       {240, 40, 40, 0}},
  });
}

TEST(Evidence, OfARestartIsTheStartOfTheProcess) {
  expect({
      {"it stands above its old value soon",
       {start(-9000) + both(100, 10), start(5) + both(200, 20)},
       {220, 20, 0, 0}},
      {"a start that is another one and older, with little counted",
       {start(-9000) + both(100, 10), start(-5000) + both(200, 20)},
       {220, 20, 0, 0}},
      {"the counters of an exporter that began again go on",
       {start(-9000) + both(1'000'000, 1000), start(5) + both(1'000'100, 1001)},
       {101, 1, 0, 0}},
      {"with so little counted, a process that came as far is in doubt",
       {start(-9000) + both(100, 10), start(5) + both(100, 11)},
       {1, 1, 0, 110}},
      {"an exporter that works its start out from how long it ran",
       {start(-9000) + both(100, 10), start(-8999) + both(150, 12)},
       {52, 2, 0, 0}},
      {"a start nobody can have",
       {both(100, 10), "process_start_time_seconds NaN\n" + both(150, 12)},
       {52, 2, 0, 0}},
      {"a series that is born with the process",
       {start(-9000) + x("200", 100), start(5) + both(20, 7)},
       {27, 7, 0, 0}},
  });
}

TEST(Evidence, OfADipIsThatNothingElseBeganAgain) {
  expect({
      {"a counter that dips by a trifle",
       {both(1'000'000, 5000), both(1'000'100, 5001), both(1'000'200, 4999), both(1'000'300, 5002)},
       {302, 2, 0, 2}},
      {"all dip by a trifle",
       {both(1'000'000, 5000), both(999'990, 4999), both(1'000'100, 5001)},
       {101, 1, 0, 11}},
      {"a small one beside one that goes on",
       {both(1'000'000, 5), both(1'000'100, 3), both(1'000'200, 6)},
       {201, 1, 0, 2}},
      {"the first errors, as a replica that is late shows them",
       {both(1'000'000, 0), both(1'000'100, 1), both(1'000'200, 0), both(1'000'300, 1),
        both(1'000'400, 0), both(1'000'500, 2)},
       {502, 2, 0, 2}},
      {"a small one that falls by half",
       {both(1'000'000, 0), both(1'000'100, 2), both(1'000'200, 1), both(1'000'300, 3)},
       {303, 3, 0, 2}},
      {"the whole page of a replica that is late",
       {both(1'000'000, 0), both(1'000'100, 4), both(1'000'000, 0), both(1'000'200, 8)},
       {208, 8, 0, 104}},
      {"it stays low for a while",
       {both(1'000'000, 9), both(1'000'100, 2), both(1'000'200, 3), both(1'000'300, 4)},
       {300, 0, 0, 9}},
      {"a process that is known to be the same",
       {start(-9000) + both(10, 2), start(-9000) + both(15, 1), start(-9000) + both(22, 2)},
       {12, 0, 0, 12}},
  });
}

TEST(Evidence, AcceptsACounterThatStaysLow) {
  Texts pages{both(1'000'000, 5000)};
  for (int read = 1; read <= 40; ++read) pages.push_back(both(1'000'000 + 100 * read, 4000 + read));
  // From the read that fell to 4001 on it counts, once five minutes have passed.
  EXPECT_EQ(counted(pages), (Sums{4039, 39, 0, 999}));
}

TEST(Evidence, OfABirthIsWhatItsProcessCountsOtherwise) {
  expect({
      {"a counter that appears with its first events",
       {x("200", 1000), both(1100, 3)},
       {103, 3, 3, 0}},
      {"one that has long counted",
       {x("200", 1000), x("200", 1100), both(1200, 900'000), both(1300, 900'001)},
       {301, 1, 0, 900'000}},
      {"a metric that appears with its history: its small counters are no events either",
       {"", both(1'000'000, 1000), both(1'000'100, 1001)},
       {101, 1, 0, 1'001'000}},
      {"an outage that begins with its first errors",
       {x("200", 0), x("200", 15'000), both(15'100, 15'000)},
       {30'100, 15'000, 15'000, 0}},
  });
}

TEST(Evidence, OfARenameIsThatTheCountGoesOn) {
  const auto version = [](double good, double bad, const std::string& of) {
    return both(good, bad, ",version=\"" + of + "\"");
  };
  expect({
      {"a label of all series changes",
       {version(1'000'000, 1000, "1"), version(1'000'100, 1001, "1"), version(1'000'200, 1002, "2"),
        version(1'000'300, 1003, "2")},
       {303, 3, 0, 0}},
      {"and changes back",
       {version(1'000'000, 1000, "1"), version(1'000'100, 1001, "2"),
        version(1'000'200, 1002, "1")},
       {202, 2, 0, 0}},
      {"and is that of another replica, which is a moment behind",
       {version(1'000'000, 1000, "1"), version(999'990, 999, "2"), version(1'000'100, 1001, "1"),
        version(1'000'095, 1001, "2"), version(1'000'200, 1002, "2")},
       {202, 2, 0, 16}},
      {"a label is added", {both(1'000'000, 1000), version(1'000'100, 1001, "2")}, {101, 1, 0, 0}},
      {"two labels are added",
       {both(1'000'000, 1000), both(1'000'100, 1001, ",namespace=\"n\",pod=\"p\"")},
       {101, 1, 0, 0}},
      {"a label is left out",
       {version(1'000'000, 1000, "2"), both(1'000'100, 1001)},
       {101, 1, 0, 0}},
      {"a label changes because the process is another one",
       {start(-9000) + version(1000, 30, "1"), start(5) + version(1100, 40, "2")},
       {1140, 40, 0, 0}},
  });
}

// Exporters forget series that nothing happens to, and label values come and go in between.
TEST(Evidence, OfARenameIsMoreThanThatOneSeriesAppearsAsAnotherIsGone) {
  const auto path = [](const std::string& code, double value, const std::string& of) {
    return x(code, value, fmt::format(",path=\"{}\"", of));
  };
  const std::string began = start(-9000);
  expect({
      {"beside others of its metric, it is a new one",
       {began + path("200", 70, "/") + path("500", 3, "/a"),
        began + path("200", 90, "/") + path("500", 5, "/b")},
       {25, 5, 5, 0}},
      {"where all of its metric is another, it may be",
       {began + path("500", 3, "/a"), began + path("500", 5, "/b")},
       {2, 2, 2, 3}},
      {"many come and many go, and some of them fit",
       {began + path("200", 100, "/a") + path("200", 300, "/b") + path("200", 500, "/c"),
        began + path("200", 105, "/d") + path("200", 310, "/e") + path("200", 501, "/f")},
       {16, 0, 16, 900}},
      {"unless more counts go on than can by chance",
       {began + path("200", 1000, "/a") + path("500", 90, "/a") + x("200", 5),
        began + path("200", 1010, "/b") + path("500", 91, "/b") + x("200", 6)},
       {12, 1, 0, 0}},
  });
}

TEST(Evidence, ShowsTwoProcessesAtOneAddress) {
  const auto a = [](int read) { return both(1'000'000 + 10 * read, 1000); };
  const auto b = [](int read) { return both(500'000 + 10 * read, 600); };
  const auto small = [](int read) { return both(300 + read, 20); };
  expect({
      {"the larger one first", {a(0), b(1), a(2), b(3), a(4), b(5)}, {20, 0, 0, 1'001'240, true}},
      {"the smaller one first", {b(0), a(1), b(2), a(3), b(4)}, {20, 0, 0, 500'620, true}},
  });
  for (const Texts& pages : {Texts{a(0), small(1), a(2), small(3), a(4), small(5), a(6)},
                             Texts{small(0), a(1), small(2), a(3), small(4), a(5), small(6)}}) {
    const Sums sums = counted(pages);
    EXPECT_LE(sums.total, 1000);
    EXPECT_TRUE(sums.is_shared);
  }
}

TEST(Evidence, ShowsThreeProcessesAtOneAddress) {
  Texts pages;
  for (int read = 0; read < 5; ++read) {
    pages.push_back(both(1'000'000 + 10 * read, 1000 + read));
    pages.push_back(both(500'000 + 10 * read, 200 + read));
    pages.push_back(both(3000 + 10 * read, 20 + read));
  }
  const Sums sums = counted(pages);
  EXPECT_TRUE(sums.is_shared);
  EXPECT_LE(sums.total, 5000);
}

TEST(Evidence, ShowsTwoProcessesThatHaveCountedNearlyAsMuch) {
  Texts pages;
  for (int read = 0; read < 4; ++read) {
    pages.push_back(both(1'000'000 + 10 * read, 1000));
    pages.push_back(both(1'050'000 + 10 * read, 1050));
  }
  const Sums sums = counted(pages);
  EXPECT_TRUE(sums.is_shared);
  EXPECT_LE(sums.total, 1000);
}

TEST(Evidence, FindsOneProcessAgainAfterTwo) {
  Texts pages;
  for (int read = 0; read < 6; ++read) {
    pages.push_back(both(read % 2 == 0 ? 1'000'000 : 500'000, 1000));
  }
  for (int read = 0; read < 30; ++read) pages.push_back(both(1'000'000 + 100 * read, 1000));
  const Sums sums = counted(pages);
  EXPECT_FALSE(sums.is_shared);
  EXPECT_GE(sums.total, 1000);
  EXPECT_LE(sums.total, 3000);
}

std::string pod(const std::string& name, double good, double bad, double began) {
  const std::string labels = fmt::format(",job=\"j\",instance=\"{}\"", name);
  return both(good, bad, labels) + start(began, fmt::format("{{job=\"j\",instance=\"{}\"}}", name));
}

std::string pod_without_errors(const std::string& name, double good, double began) {
  return x("200", good, fmt::format(",job=\"j\",instance=\"{}\"", name)) +
         start(began, fmt::format("{{job=\"j\",instance=\"{}\"}}", name));
}

TEST(Evidence, OfANewInstanceOverAServerIsItsStart) {
  const std::string pod_a = ",job=\"j\",instance=\"10.0.0.1:80\"";
  const std::string pod_b = ",job=\"j\",instance=\"10.0.0.2:80\"";
  expect(
      {
          {"it began since the last read",
           {pod("a", 1000, 3, -9000), pod("a", 1000, 3, -9000) + pod("b", 100, 50, 5),
            pod("b", 100, 50, 5)},
           {150, 50, 0, 0}},
          {"it is an old one that was found",
           {pod("a", 1000, 3, -9000), pod("a", 1000, 3, -9000) + pod("b", 100, 50, -8000)},
           {0, 0, 0, 0}},
          {"one takes the place of another",
           {pod("a", 1000, 3, -9000), pod("b", 1100, 4, 5)},
           {1104, 4, 0, 0}},
          {"an address is written otherwise",
           {pod("a:80", 1000, 3, -9000), pod("a:8080", 1100, 4, -9000)},
           {101, 1, 0, 0}},
          {"another process that has counted nearly as much takes the place of one",
           {both(60, 50, pod_a), both(80, 70, pod_b)},
           {0, 0, 0, 150}},
          {"nor do its large counts speak for the small ones of a third",
           {pod("a", 900, 3, -9000) + x("500", 3, ",path=\"/a\""),
            pod("b", 910, 4, -8000) + x("500", 5, ",path=\"/b\"")},
           {5, 5, 5, 0}},
          {"one counts its first error as another with as many is gone",
           {pod("a", 1000, 1, -9000) + pod_without_errors("b", 100, -500),
            pod("a", 1000, 1, -9000) + pod_without_errors("b", 110, -500), pod("b", 120, 1, -500)},
           {21, 1, 1, 0}},
      },
      server_kind);
}

/// Which rules decided what the samples of the last page mean: "dip 2, plausible 1".
std::string rules_of(const Texts& pages, SourceKind kind = target_kind) {
  ScrapedSource source(demand(), {.kind = kind});
  RuleCounts rules;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    rules = source.record_page(pages[i], second(15.0 * static_cast<double>(i))).value().rules;
  }
  std::string text;
  for (const Rule rule : all_rules) {
    if (rules.of(rule) == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(rule), rules.of(rule));
  }
  return text;
}

TEST(Evidence, SaysWhichRuleDecided) {
  const std::string old = start(-9000);
  struct Decided {
    std::string by;
    Texts pages;
    SourceKind kind = target_kind;
  };
  for (const auto& [by, pages, kind] : std::vector<Decided>{
           {"", {both(100, 10), both(110, 11)}},
           {"process_start 2", {old + both(100, 10), start(5) + both(200, 20)}},
           {"process_start 2", {old + x("200", 100), start(5) + both(20, 7)}},
           {"process_start 2",
            {pod("a", 9, 3, -9000), pod("a", 9, 3, -9000) + pod("b", 9, 3, -8000)},
            server_kind},
           {"restart 2", {both(1000, 30), both(100, 50)}},
           {"went_on 1", {both(100, 7), x("200", 110), both(120, 9)}},
           {"dip 1", {both(1'000'000, 5000), both(1'000'100, 4999)}},
           {"rename 2", {both(1'000'000, 1000), both(1'000'100, 1001, ",version=\"2\"")}},
           {"plausible 1", {x("200", 1000), both(1100, 3)}},
           {"plausible 1", {both(100'000, 30), both(100'100, 2)}},
           {"implausible 1", {x("200", 1000), both(1200, 900'000)}},
           {"implausible 1", {both(1'000'000, 900'000), both(1'000'010, 300'000)}},
           {"shared_address 2",
            {both(1'000'000, 1000), both(500'000, 600), both(1'000'010, 1000), both(500'010, 600),
             both(1'000'020, 1000)}},
       }) {
    EXPECT_EQ(rules_of(pages, kind), by) << pages.back();
  }
}

}  // namespace
}  // namespace slod
