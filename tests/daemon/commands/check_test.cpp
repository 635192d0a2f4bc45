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
