#include "daemon/commands/freeze.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/add_command.h"
#include "daemon/commands/answer.h"
#include "daemon/commands/say.h"

namespace slod {
namespace {

namespace json = boost::json;

/// "deny: feature for api (feature_freeze): 63.0 % of ...; thaws at the earliest 2026-..."
std::string line_of(const json::object& verdict) {
  std::vector<std::string> parts;
  if (const std::string reasons = reasons_of(verdict); !reasons.empty()) parts.push_back(reasons);
  const std::string thaw = text_of(verdict, "earliest_thaw");
  if (!thaw.empty()) parts.push_back("thaws at the earliest " + thaw);
  for (const json::object& alert : objects_of(verdict, "alerts")) {
    if (text_of(alert, "state") != "firing") continue;
    parts.push_back(
        fmt::format("{} is firing on {}", text_of(alert, "severity"), text_of(alert, "slo")));
  }
  return fmt::format("{}: {} for {} ({}){}{}", text_of(verdict, "verdict"),
                     text_of(verdict, "change"), text_of(verdict, "service"),
                     text_of(verdict, "level"), parts.empty() ? "" : ": ", fmt::join(parts, "; "));
}

}  // namespace

int ask_freeze(const FreezeArguments& arguments) {
  const auto& [service, server, change, as_json] = arguments;
  const Answer answer = SlodClient(server).get(SlodClient::freeze_path(service, change));
  const auto verdict = object_of(answer);
  if (!verdict) return give_up("freeze", verdict.error());
  const auto outcome = outcome_of(*verdict, service, change);
  if (!outcome) return give_up("freeze", outcome.error());
  if (as_json) {
    std::string_view body = answer->body;
    body = body.substr(0, body.find_last_not_of(" \r\n\t") + 1);
    say("{}", body);
  } else {
    say("{}", line_of(*verdict));
  }
  return exit_code(*outcome);
}

void add_freeze(CLI::App& slod, int& exit_code) {
  auto [command, arguments] = add_command(
      slod, exit_code, "freeze",
      "Ask whether a change may be deployed: exit 0 allow, 1 deny, 2 inconclusive", ask_freeze);
  command.add_option("SERVICE", arguments.service, "A configured service")->required();
  add_server_option(command, "--server", arguments.server);
  add_change_option(command, arguments.change);
  command.add_flag("--json", arguments.as_json, "Print the whole answer");
}

}  // namespace slod
