#include "daemon/commands/freeze.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/daemon/commands/command_run.h"

namespace slod {
namespace {

std::string verdict(std::string_view outcome, std::string_view service = "api",
                    std::string_view change = "feature") {
  return fmt::format(
      R"({{"service":"{}","change":"{}","verdict":"{}","level":"feature_freeze","reasons":)"
      R"([{{"message":"63.0 % is spent"}},{{"message":"more"}}],"earliest_thaw":null}})"
      "\n",
      service, change, outcome);
}

TEST(FreezeCommand, ExitsByTheVerdict) {
  const struct {
    std::string_view outcome;
    int code;
  } cases[] = {{"allow", 0}, {"deny", 1}, {"inconclusive", 2}};
  for (const auto& [outcome, code] : cases) {
    FakeSlod slod;
    slod.answer("/freeze/api", {.body = verdict(outcome)});
    const CommandRun run = run_slod({"freeze", "api", "--server", slod.url()});
    EXPECT_EQ(run.code, code);
    EXPECT_EQ(run.out, fmt::format("{}: feature for api (feature_freeze): 63.0 % is spent; more\n",
                                   outcome));
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(run_slod({"freeze", "api", "--server", slod.url(), "--json"}).out, verdict(outcome));
  }
}

TEST(FreezeCommand, SaysWhenItThaws) {
  FakeSlod slod;
  slod.answer("/freeze/api",
              {.body = R"({"service":"api","change":"fix","verdict":"deny","level":"hotfix_only",)"
                       R"("reasons":[],"earliest_thaw":"2026-01-02T03:04:05Z"})"});
  EXPECT_EQ(run_slod({"freeze", "api", "--change", "fix", "--server", slod.url()}).out,
            "deny: fix for api (hotfix_only): thaws at the earliest 2026-01-02T03:04:05Z\n");
  EXPECT_EQ(slod.asked(), std::vector<std::string>{"/freeze/api?change=fix"});
}

TEST(FreezeCommand, NamesTheAlertsThatAreFiring) {
  FakeSlod slod;
  slod.answer("/freeze/api",
              {.body = R"({"service":"api","change":"feature","verdict":"allow","level":"open",)"
                       R"("reasons":[],"earliest_thaw":null,"alerts":[)"
                       R"({"slo":"availability","severity":"page","state":"firing"},)"
                       R"({"slo":"latency","severity":"page","state":"pending"},)"
                       R"({"slo":"latency","severity":"ticket","state":"firing"}]})"});
  EXPECT_EQ(run_slod({"freeze", "api", "--server", slod.url()}).out,
            "allow: feature for api (open): page is firing on availability; ticket is firing on "
            "latency\n");
}

TEST(FreezeCommand, IsThreeWithoutAVerdict) {
  const struct {
    Reaction reaction;
    std::string_view says;
  } cases[] = {
      {{.status = 404, .body = R"({"error":"no such service"})"}, "no such service"},
      {{.status = 500, .body = "<h1>Oops</h1>"}, "status 500 and is not JSON"},
      {{.status = 200, .body = "hello"}, "status 200 and is not JSON"},
      {{.status = 200, .body = ""}, "status 200 and is not JSON"},
      {{.status = 200, .body = R"(["deny"])"}, "status 200 and is not JSON"},
      {{.status = 502, .body = "{}"}, "the answer has status 502"},
      {{.status = 200, .body = "{}"}, "not a verdict on a feature for api"},
      {{.status = 200, .body = verdict("maybe")}, R"(verdict "maybe")"},
      {{.status = 200, .body = verdict("allow", "shop")}, R"(service "shop")"},
      {{.status = 200, .body = verdict("allow", "api", "fix")}, R"(change "fix")"},
      {{.status = 200, .body = R"({"service":1,"change":2,"verdict":3})"}, "not a verdict"},
      {{.status = 204, .body = ""}, "status 204"},
      {{.status = 301, .body = "", .headers = "Location: /\r\n"}, "status 301"},
      {{.kind = Reaction::Kind::close}, "no answer: "},
      {{.kind = Reaction::Kind::reset}, "no answer: "},
  };
  for (const auto& [reaction, says] : cases) {
    FakeSlod slod;
    slod.answer("/freeze/api", reaction);
    const CommandRun run = run_slod({"freeze", "api", "--server", slod.url()});
    EXPECT_EQ(run.code, 3) << says;
    EXPECT_EQ(run.out, "") << says;
    EXPECT_TRUE(run.err.starts_with("slod freeze: ")) << run.err;
    EXPECT_NE(run.err.find(says), std::string::npos) << run.err;
  }
  const CommandRun run = run_slod({"freeze", "api", "--server", url_of_nobody()});
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(run.err.starts_with("slod freeze: no answer: ")) << run.err;
}

}  // namespace
}  // namespace slod
