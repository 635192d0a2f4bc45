#include "tests/daemon/commands/command_run.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "daemon/commands/check.h"
#include "daemon/commands/command_line.h"
#include "daemon/commands/freeze.h"
#include "daemon/commands/gate.h"
#include "daemon/commands/runbook.h"
#include "daemon/commands/schema.h"
#include "daemon/commands/status.h"
#include "daemon/commands/version.h"

namespace slod {

CommandRun run_slod(const std::vector<std::string>& arguments) {
  constexpr std::array<AddCommand, 7> commands{add_check,   add_freeze, add_gate,   add_status,
                                               add_runbook, add_schema, add_version};
  std::vector<const char*> argv{"slod"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  CommandRun run;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  run.code = run_command_line(commands, static_cast<int>(argv.size()), argv.data());
  run.err = testing::internal::GetCapturedStderr();
  run.out = testing::internal::GetCapturedStdout();
  return run;
}

std::vector<std::string> FakeSlod::asked() const {
  std::vector<std::string> targets;
  for (const auto& received : server_.received()) targets.push_back(received.message.target);
  return targets;
}

void FakeSlod::answer(std::string path, Reaction reaction) {
  const std::lock_guard lock(mutex_);
  reactions_.insert_or_assign(std::move(path), std::move(reaction));
}

Reaction FakeSlod::reaction_to(std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = reactions_.find(target.substr(0, target.find('?')));
  if (found != reactions_.end()) return found->second;
  return {.status = 404, .body = R"({"error":"no such path"})"};
}

std::string url_of_nobody() {
  return ScriptedServer([](RawSocket&, std::size_t) {}).url("");
}

}  // namespace slod
