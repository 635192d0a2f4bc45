#include "daemon/commands/check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/daemon/commands/command_run.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

/// A configuration file, and the one target that it names.
class CheckCommand : public testing::Test {
 protected:
  CheckCommand() { target.answer("/metrics", {.body = "requests_total{code=\"200\"} 7\n"}); }

  std::string file(std::string_view total = "requests_total", std::string_view more = "") {
    const std::string path = (scratch.path() / "slod.yaml").string();
    const std::string address = target.url().substr(std::string_view("http://").size());
    write_bytes(path, fmt::format(R"(scrape: [{{job: shop, targets: ["{}"]}}]
services:
  - name: shop
    slos:
      - name: orders
        objective: 99%
        availability: {{total: {}, bad: 'requests_total{{code="500"}}'}}
{})",
                                  address, total, more));
    return path;
  }

  ScratchDirectory scratch;
  FakeSlod target;
};

TEST_F(CheckCommand, IsZeroWhereNothingIsWrong) {
  const CommandRun run = run_slod({"check", file()});
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(target.asked(), std::vector<std::string>{"/metrics"});
}

TEST_F(CheckCommand, IsOneOnAnError) {
  const CommandRun run = run_slod({"check", file("requests_total", "servces: []\n")});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("slod.yaml:8:1: error: "), std::string::npos) << run.out;
  EXPECT_TRUE(target.asked().empty()) << "what has errors is not compared with its targets";
  const CommandRun missing = run_slod({"check", "/nowhere/slod.yaml"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.out.find("/nowhere/slod.yaml:1:1: error: "), std::string::npos) << missing.out;
}

TEST_F(CheckCommand, WarnsOfASelectorWithoutSeries) {
  const std::string path = file("request_total");
  const CommandRun run = run_slod({"check", path});
  EXPECT_EQ(run.code, 0);
  EXPECT_NE(run.out.find("slod.yaml:7:23: "), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("warning: shop/orders: "), std::string::npos) << run.out;
  EXPECT_EQ(run_slod({"check", "--strict", path}).code, 1);
  EXPECT_EQ(run_slod({"check", "--strict", "--offline", path}).code, 0);
}

TEST_F(CheckCommand, WarnsOfAThresholdBetweenTwoBucketsWhereItIsWritten) {
  target.answer("/metrics", {.body = R"(requests_total{code="200"} 7
took_bucket{le="0.25"} 1
took_bucket{le="0.5"} 1
took_bucket{le="+Inf"} 1
)"});
  const CommandRun run = run_slod({"check", file("requests_total", R"(      - name: latency
        objective: 99%
        latency:
          histogram: took
          below: 300ms
)")});
  EXPECT_NE(run.out.find("slod.yaml:12:18: warning: shop/latency: expected below to be a bucket's "
                         "bound, found 0.3 s, between 0.25 s and 0.5 s"),
            std::string::npos)
      << run.out;
}

TEST_F(CheckCommand, WarnsOfAGaugeThatIsCounted) {
  target.answer("/metrics", {.body = "# TYPE job:req:rate5m gauge\njob:req:rate5m 7\n"
                                     "# TYPE requests_total counter\n"
                                     "requests_total{code=\"500\"} 7\n"});
  const CommandRun run = run_slod({"check", file("'job:req:rate5m'")});
  EXPECT_NE(
      run.out.find("warning: shop/orders: expected a counter, found job:req:rate5m, which its "
                   "page calls a gauge"),
      std::string::npos)
      << run.out;
  EXPECT_EQ(run.out.find("found requests_total"), std::string::npos) << run.out;
}

TEST_F(CheckCommand, WarnsOfAPartThatIsNone) {
  target.answer("/metrics", {.body = "all_total 1000\nrequests_total{code=\"500\"} 1060\n"});
  const CommandRun run = run_slod({"check", file("all_total")});
  EXPECT_NE(run.out.find("warning: shop/orders: bad events were 106 % of total on the pages that "
                         "were read: bad counts what is no part of total\n"),
            std::string::npos)
      << run.out;
  EXPECT_EQ(run.out.find("warning"), run.out.rfind("warning")) << run.out;
  target.answer("/metrics", {.body = "all_total 1000\nrequests_total{code=\"500\"} 1040\n"});
  EXPECT_EQ(run_slod({"check", file("all_total")}).out, "") << "counters are read one by one";
}

TEST_F(CheckCommand, ComparesNoCountersOfTwoProcesses) {
  FakeSlod other;
  target.answer("/metrics", {.body = "all_total 1000\n"});
  other.answer("/metrics", {.body = "requests_total{code=\"500\"} 5000\n"});
  const auto address = [](const FakeSlod& server) {
    return server.url().substr(std::string_view("http://").size());
  };
  const std::string path = file();
  write_bytes(path, fmt::format(R"(scrape: [{{job: shop, targets: ["{}", "{}"]}}]
services:
  - name: shop
    slos:
      - name: orders
        objective: 99%
        availability: {{total: all_total, bad: 'requests_total{{code="500"}}'}}
)",
                                address(target), address(other)));
  EXPECT_EQ(run_slod({"check", path}).out, "") << "one of them may have counted longer";
}

TEST_F(CheckCommand, WarnsOfAHistogramInMilliseconds) {
  target.answer("/metrics", {.body = R"(requests_total{code="500"} 7
took_milliseconds_bucket{le="5"} 1
took_milliseconds_bucket{le="300"} 1
took_milliseconds_bucket{le="+Inf"} 1
)"});
  const CommandRun run = run_slod({"check", file("requests_total", R"(      - name: latency
        objective: 99%
        latency: {histogram: took_milliseconds, below: 300ms}
)")});
  EXPECT_NE(run.out.find("warning: shop/latency: expected a histogram in seconds, found "
                         "took_milliseconds with bounds from 5 to 300, which seem to be "
                         "milliseconds: bounds are read as seconds, so that nearly every event "
                         "would be bad. If 300 milliseconds are meant, write below: 300s;"),
            std::string::npos)
      << run.out;
}

TEST_F(CheckCommand, NotesThatBadMatchesNothingYet) {
  const std::string path = file();
  const CommandRun run = run_slod({"check", "--strict", path});
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_EQ(run.err,
            "note: shop/orders: no series match bad: requests_total{code=\"500\"}; this is right "
            "as long as nothing has failed\n");
  target.answer("/metrics", {.body = "requests_total{code=\"500\"} 7\n"});
  EXPECT_EQ(run_slod({"check", path}).err, "");
  target.answer("/metrics", {.body = "other 7\n"});
  const CommandRun nothing = run_slod({"check", path});
  EXPECT_NE(nothing.out.find("no series match total"), std::string::npos) << nothing.out;
  EXPECT_EQ(nothing.err, "") << "the total says enough";
}

TEST_F(CheckCommand, WarnsOfASeriesFromTwoSources) {
  const std::string path = file();
  const std::string address = target.url().substr(std::string_view("http://").size());
  const CommandRun alone = run_slod({"check", path});
  EXPECT_EQ(alone.out, "");
  write_bytes(path, fmt::format(R"(scrape:
  - {{job: shop, targets: ["{0}"]}}
  - {{job: pods, targets: ["{0}"]}}
services:
  - name: shop
    slos:
      - name: orders
        objective: 99%
        availability: {{total: requests_total, bad: 'requests_total{{code="500"}}'}}
)",
                                address));
  const CommandRun run = run_slod({"check", path});
  EXPECT_NE(run.out.find(fmt::format("in both scrape/pods/{0} and scrape/shop/{0}: events count "
                                     "twice",
                                     address)),
            std::string::npos)
      << run.out;
}

TEST_F(CheckCommand, OnlyNotesATargetThatCannotBeChecked) {
  const struct {
    Reaction reaction;
    std::string_view says;
  } cases[] = {
      {{.status = 503, .body = ""}, "it answered with status 503"},
      {{.body = "<html>"}, "was not checked: "},
      {{.kind = Reaction::Kind::close}, "was not checked: "},
      {{.kind = Reaction::Kind::reset}, "was not checked: "},
      {{.kind = Reaction::Kind::silence}, "was not checked: "},
  };
  for (const auto& [reaction, says] : cases) {
    target.answer("/metrics", reaction);
    const CommandRun run = run_slod({"check", "--strict", file("request_total")});
    EXPECT_EQ(run.code, 0) << run.out;
    EXPECT_TRUE(run.err.starts_with("note: scrape/shop/127.0.0.1:")) << run.err;
    EXPECT_NE(run.err.find(says), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace slod
