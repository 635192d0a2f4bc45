#include "daemon/commands/status.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "tests/daemon/commands/command_run.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

constexpr std::string_view healthy =
    R"({"version":"0.1.0","ready":true,"not_ready_reason":null,)"
    R"("sources":[{"source":"scrape/a","up":true,"error":null}],)"
    R"("outbox":{"pending":0,"pending_by_receiver":{"chat":0}},"store":{"error":null},)"
    R"("steps":{"late_ratio":0.001},"samples":{"memory_bytes":1048576,)"
    R"("memory_bytes_max":33554432,"refused":0},"reload":{"succeeded":true,)"
    R"("at":"2026-01-02T03:04:05Z"}})";
constexpr std::string_view ailing =
    R"({"version":"0.1.0","ready":false,"not_ready_reason":"the disk is full",)"
    R"("sources":[{"source":"scrape/a","up":false,"error":"refused"},)"
    R"({"source":"scrape/b","up":null,"error":null}],)"
    R"("outbox":{"pending":3,"pending_by_receiver":{"chat":3,"mail":0}},)"
    R"("store":{"error":"no space left"},"steps":{"late_ratio":0.25},)"
    R"("samples":{"memory_bytes":0,"memory_bytes_max":33554432,"refused":7},)"
    R"("reload":{"succeeded":false,"at":"2026-01-02T03:04:05Z"}})";

TEST(StatusCommand, ShowsAReadySlod) {
  FakeSlod slod;
  slod.answer("/api/v1/status", {.body = std::string(healthy)});
  slod.answer(
      "/freeze",
      {.body = R"({"services":[{"service":"a","level":"open"},{"service":"b","level":"open"}]})"});
  const CommandRun run = run_slod({"status", "--server", slod.url() + "/"});
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.out, "slod 0.1.0 at " + slod.url() +
                         " is ready\n"
                         "services: 2, 0 frozen\n"
                         "sources: 1, 0 not scraped\n"
                         "notifications: 0 pending\n"
                         "state: stored\n"
                         "steps: on time\n"
                         "samples: 1.0 of 32.0 MiB\n"
                         "configuration: loaded at 2026-01-02T03:04:05Z\n");
  EXPECT_EQ(run.err, "");
}

TEST(StatusCommand, ShowsWhatIsWrong) {
  FakeSlod slod;
  slod.answer("/api/v1/status", {.body = std::string(ailing)});
  slod.answer("/freeze", {.body = R"({"services":[{"service":"a","level":"hotfix_only"}]})"});
  const CommandRun run = run_slod({"status", "--url", slod.url()});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.out, "slod 0.1.0 at " + slod.url() +
                         " is not ready: the disk is full\n"
                         "services: 1, 1 frozen: a (hotfix_only)\n"
                         "sources: 2, 2 not scraped\n"
                         "  scrape/a: refused\n"
                         "  scrape/b: has not been scraped yet\n"
                         "notifications: 3 pending: 3 for chat\n"
                         "state: not stored: no space left\n"
                         "steps: late by 25 % of the last minute\n"
                         "samples: 0.0 of 32.0 MiB, 7 refused since the start\n"
                         "configuration: reload rejected at 2026-01-02T03:04:05Z; the previous one "
                         "stays in use\n");
}

TEST(StatusCommand, PrintsJson) {
  FakeSlod slod;
  slod.answer("/api/v1/status", {.body = std::string(ailing)});
  slod.answer("/freeze", {.body = R"({"services":[{"service":"a","level":"open"}]})"});
  const CommandRun run = run_slod({"status", "--server", slod.url(), "--json"});
  EXPECT_EQ(run.code, 1);
  const boost::json::value shown = boost::json::parse(run.out);
  EXPECT_EQ(shown.at("url").as_string(), slod.url());
  EXPECT_EQ(shown.at("services"), boost::json::parse(R"([{"service":"a","level":"open"}])"));
  EXPECT_EQ(shown.at("outbox"), boost::json::parse(ailing).at("outbox"));
}

TEST(StatusCommand, IsThreeWithoutAnAnswerOfSlods) {
  const struct {
    Reaction reaction;
    std::string_view says;
  } cases[] = {
      {{.body = "hello"}, "this is probably not slod"},
      {{.body = "[]"}, "this is probably not slod"},
      {{.body = R"({"status":"success","data":{}})"}, "this is probably not slod"},
      {{.status = 404, .body = R"({"error":"what?"})"}, "status 404"},
      {{.status = 500, .body = std::string(healthy)}, "status 500"},
      {{.kind = Reaction::Kind::close}, "no answer: "},
      {{.kind = Reaction::Kind::reset}, "no answer: "},
  };
  for (const auto& [reaction, says] : cases) {
    FakeSlod slod;
    slod.answer("/api/v1/status", reaction);
    const CommandRun run = run_slod({"status", "--server", slod.url()});
    EXPECT_EQ(run.code, 3) << says;
    EXPECT_EQ(run.out, "") << says;
    EXPECT_TRUE(run.err.starts_with("slod status: ")) << run.err;
    EXPECT_NE(run.err.find(says), std::string::npos) << run.err;
  }
  EXPECT_EQ(run_slod({"status", "--server", url_of_nobody()}).code, 3);
}

TEST(StatusCommand, SurvivesMembersOfAnotherType) {
  FakeSlod slod;
  slod.answer(
      "/api/v1/status",
      {.body = R"({"ready":"yes","sources":{},"outbox":[],"store":1,"steps":null,"reload":"x"})"});
  slod.answer("/freeze", {.kind = Reaction::Kind::close});
  const CommandRun run = run_slod({"status", "--server", slod.url()});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("services: 0, 0 frozen\n"), std::string::npos) << run.out;
}

TEST(StatusCommand, AsksWhereAConfigurationListens) {
  FakeSlod slod;
  slod.answer("/api/v1/status", {.body = std::string(healthy)});
  const ScratchDirectory scratch;
  const auto file = scratch.path() / "slod.yaml";
  const std::string port = slod.url().substr(slod.url().rfind(':'));
  for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
    write_bytes(file, "listen: \"" + std::string(host) + port + "\"\nservices: []\n");
    EXPECT_EQ(run_slod({"status", "--config", file.string()}).code, 0) << host;
  }
  write_bytes(file, "services: [\n");
  const CommandRun broken = run_slod({"status", "--config", file.string()});
  EXPECT_EQ(broken.code, 3);
  EXPECT_EQ(broken.err, "slod status: the configuration has errors; `slod check` lists them\n");
}

}  // namespace
}  // namespace slod
