#include "daemon/commands/gate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>

#include "tests/daemon/commands/command_run.h"

namespace slod {
namespace {

using std::chrono::steady_clock;

/// A slod with one service, "api", that has one SLO.
class GateCommand : public testing::Test {
 protected:
  GateCommand() {
    slod.answer("/api/v1/slos",
                {.body = R"({"slos":[{"service":"api","slo":"availability","kind":"availability"},)"
                         R"({"service":"shop","slo":"orders","kind":"availability"}]})"});
    answer("allow", 100, 0);
  }

  void answer(std::string_view verdict, int total, int bad) {
    slod.answer("/freeze/api",
                {.body = fmt::format(R"({{"service":"api","change":"feature","verdict":"{}",)"
                                     R"("level":"open","reasons":[{{"message":"because"}}]}})",
                                     verdict)});
    slod.answer(
        "/api/v1/slos/api/availability",
        {.body = fmt::format(R"({{"service":"api","slo":"availability","kind":"availability",)"
                             R"("total":{},"bad":{},"coverage_ratio":1}})",
                             total, bad)});
  }

  CommandRun gate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"gate", "--server", slod.url()});
    return run_slod(arguments);
  }

  FakeSlod slod;
};

TEST_F(GateCommand, AllowsAtTheEndOfAWatchThatWentWell) {
  const auto begin = steady_clock::now();
  const CommandRun run = gate({"api", "--for", "400ms", "--max-error-ratio", "1%"});
  EXPECT_GE(steady_clock::now() - begin, std::chrono::milliseconds(400));
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out,
            "allow: feature for api after 0s: availability: 0 of 100 requests failed (0 %)\n");
  EXPECT_NE(run.err.find("0s of 400ms: "), std::string::npos) << run.err;
}

TEST_F(GateCommand, DeniesAtOnceWhereTheVerdictDoes) {
  answer("deny", 100, 0);
  const auto begin = steady_clock::now();
  const CommandRun run = gate({"api", "--for", "10m"});
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_TRUE(run.out.starts_with("deny: feature for api after 0s: ")) << run.out;
}

TEST_F(GateCommand, DeniesAtTheEndWhereTooManyRequestsFailed) {
  answer("allow", 100, 5);
  const CommandRun run = gate({"api", "--for", "400ms", "--max-error-ratio", "0.01", "--json"});
  EXPECT_EQ(run.code, 1) << run.err;
  const boost::json::value outcome = boost::json::parse(run.out);
  EXPECT_EQ(outcome.at("verdict"), "deny");
  EXPECT_EQ(outcome.at("length_seconds"), 0.4);
  EXPECT_EQ(outcome.at("slos"),
            boost::json::parse(R"([{"slo":"availability","kind":"availability","total":100,)"
                               R"("bad":5,"error_ratio":0.05,"coverage_ratio":1,)"
                               R"("latency":null}])"));
}

TEST_F(GateCommand, IsInconclusiveWithoutTraffic) {
  answer("allow", 3, 0);
  EXPECT_EQ(gate({"api", "--for", "400ms", "--max-error-ratio", "1%"}).code, 2);
  EXPECT_EQ(gate({"api", "--for", "400ms", "--max-error-ratio", "1%", "--min-events", "3"}).code,
            0);
  answer("inconclusive", 100, 0);
  EXPECT_EQ(gate({"api", "--for", "400ms"}).code, 2);
}

TEST_F(GateCommand, IsThreeWhereTheTermsAreWrongOrDoNotFit) {
  const struct {
    std::vector<std::string> arguments;
    std::string_view says;
  } cases[] = {
      {{"api", "--for", "soon"}, "slod gate: --for: expected"},
      {{"api", "--for", "0s"}, "slod gate: --for: expected"},
      {{"api", "--for", "1m", "--max-error-ratio", "120%"}, "slod gate: --max-error-ratio: "},
      {{"api", "--for", "1m", "--max-p99", "fast"}, "slod gate: --max-p99: "},
      {{"api", "--for", "1m", "--max-p99", "1s"}, "slod gate: "},  // it has no latency
      {{"nothing", "--for", "1m"}, "slod gate: no such path"},
  };
  for (const auto& [arguments, says] : cases) {
    const CommandRun run = gate(arguments);
    EXPECT_EQ(run.code, 3) << says;
    EXPECT_EQ(run.out, "") << says;
    EXPECT_TRUE(run.err.starts_with(says)) << run.err;
  }
  slod.answer("/api/v1/slos/api/availability", {.status = 400, .body = R"({"error":"too long"})"});
  EXPECT_EQ(gate({"api", "--for", "365d"}).err, "slod gate: --for: too long\n");
  slod.answer("/api/v1/slos/api/availability",
              {.status = 400, .body = R"({"error":"window: expected a duration from 15s"})"});
  EXPECT_EQ(gate({"api", "--for", "1s"}).err, "slod gate: --for: expected a duration from 15s\n");
  slod.answer("/api/v1/slos", {.body = "{}"});
  EXPECT_EQ(gate({"api", "--for", "1m"}).err,
            "slod gate: the answer to /api/v1/slos has no list of SLOs\n");
}

TEST_F(GateCommand, IsThreeWhereSlodIsGoneForLong) {
  EXPECT_EQ(run_slod({"gate", "api", "--for", "1s", "--server", url_of_nobody()}).code, 3);
  // It answers until the watch has begun, and never again.
  std::atomic<std::size_t> asked = 0;
  const RecordingServer server([&](const Posted& request, std::size_t) -> Reaction {
    if (++asked > 3) return {.kind = Reaction::Kind::close};
    return slod.reaction_to(request.target);
  });
  const auto begin = steady_clock::now();
  const CommandRun run = run_slod({"gate", "api", "--for", "10s", "--server", server.url("")});
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(9)) << "a tenth of the watch is 1 s";
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find("\nslod gate: no answer: "), std::string::npos) << run.err;
}

TEST_F(GateCommand, GoesOnWhereSlodWasGoneForAMoment) {
  std::atomic<std::size_t> asked = 0;
  const RecordingServer server([&](const Posted& request, std::size_t) -> Reaction {
    if (++asked == 4) return {.kind = Reaction::Kind::reset};
    return slod.reaction_to(request.target);
  });
  const CommandRun run = run_slod({"gate", "api", "--for", "900ms", "--server", server.url("")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_GT(asked, 5U);
}

}  // namespace
}  // namespace slod
