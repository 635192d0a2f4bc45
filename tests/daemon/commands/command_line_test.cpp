#include "daemon/commands/command_line.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/daemon/commands/command_run.h"

namespace slod {
namespace {

TEST(CommandLine, ShowsHelpAndVersion) {
  const CommandRun help = run_slod({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("Subcommands:"), std::string::npos) << help.out;
  EXPECT_EQ(help.err, "");
  EXPECT_NE(run_slod({"gate", "--help"}).out.find("--max-error-ratio"), std::string::npos);
  const CommandRun version = run_slod({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("slod 0.")) << version.out;
  EXPECT_EQ(run_slod({"version"}).out, version.out);
}

TEST(CommandLine, IsThreeOnWrongUsage) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"frieze"},
      {"freeze"},
      {"--verbose"},
      {"freeze", "api", "--change", "chore"},
      {"freeze", "api", "--server", "localhost"},
      {"freeze", "api", "--servre", "http://127.0.0.1:1"},
      {"freeze", "api", "shop"},
      {"gate", "api"},
      {"gate", "--for", "1m"},
      {"gate", "api", "--for", "1m", "--min-events", "-1"},
      {"status", "--server", "http://127.0.0.1:1", "--config", "slod.yaml"},
      {"status", "--url", "127.0.0.1"},
      {"check"},
      {"check", "--quick", "slod.yaml"},
      {"schema", "now"},
  };
  for (const auto& arguments : wrong) {
    const CommandRun run = run_slod(arguments);
    std::string line = "slod";
    for (const std::string& argument : arguments) line += " " + argument;
    EXPECT_EQ(run.code, 3) << line;
    EXPECT_EQ(run.out, "") << line;
    EXPECT_NE(run.err, "") << line;
  }
}

TEST(CommandLine, NamesTheCommandThatWasMeant) {
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } cases[] = {
      {{"chek", "slod.yaml"}, "slod: expected a command, found \"chek\"; did you mean check?\n"},
      {{"frieze"}, "slod: expected a command, found \"frieze\"; did you mean freeze?\n"},
      {{"deploy"},
       "slod: expected a command (check, freeze, gate, status, runbook, schema, version), found "
       "\"deploy\"\n"},
      {{"gate", "api", "5m"}, "slod gate: expected --for TEXT, found 5m\n"},
  };
  for (const auto& [arguments, says] : cases) {
    const CommandRun run = run_slod(arguments);
    EXPECT_EQ(run.code, 3) << says;
    EXPECT_EQ(run.err, says);
  }
}

TEST(CommandLine, RunsNothingWhereHelpIsAskedFor) {
  FakeSlod slod;
  EXPECT_EQ(run_slod({"freeze", "api", "--server", slod.url(), "--help"}).code, 0);
  EXPECT_TRUE(slod.asked().empty());
}

TEST(CommandLine, TakesAServiceThatIsNamedLikeACommand) {
  FakeSlod slod;
  EXPECT_EQ(run_slod({"freeze", "status", "--server", slod.url()}).code, 3);
  EXPECT_EQ(slod.asked(), std::vector<std::string>{"/freeze/status?change=feature"});
}

TEST(CommandLine, IsThreeWhereACommandThrows) {
  constexpr std::array<AddCommand, 1> commands{[](CLI::App& slod, int& /*exit_code*/) {
    slod.add_subcommand("fail")->callback([] { throw std::runtime_error("no memory"); });
  }};
  const std::array<const char*, 2> argv{"slod", "fail"};
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_command_line(commands, 2, argv.data()), 3);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "slod: no memory\n");
}

TEST(CommandLine, PrintsTheSchema) {
  const CommandRun schema = run_slod({"schema"});
  EXPECT_EQ(schema.code, 0);
  EXPECT_TRUE(schema.out.starts_with("{"));
  EXPECT_NE(schema.out.find("\"services\""), std::string::npos);
}

}  // namespace
}  // namespace slod
