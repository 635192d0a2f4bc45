#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "daemon/commands/check.h"
#include "daemon/commands/freeze.h"
#include "daemon/commands/gate.h"
#include "daemon/commands/runbook.h"
#include "daemon/commands/status.h"
#include "daemon/demo.h"
#include "daemon/run.h"
#include "daemon/version/version.h"
#include "lib/config/scalars.h"
#include "lib/config/schema.h"

namespace {

/// The arguments of every subcommand; each uses its own.
struct Arguments {
  slod::RunArguments run;
  slod::FreezeQuestion freeze;
  slod::GateQuestion gate;
  slod::StatusQuestion status;
  slod::DemoArguments demo;
  std::string runbook_alert;
  std::vector<std::string> check_paths;
  bool check_strict = false;
  bool check_offline = false;
};

/// What CLI11 wants of a check: empty, or what is wrong.
std::string refused_url(const std::string& text) {
  const auto url = slod::config::base_url().parse(text);
  return url ? std::string() : url.error();
}

template <class Url>
CLI::Option* add_server(CLI::App* command, const std::string& names, Url& url) {
  return command->add_option(names, url, "URL of a running slod")->check(refused_url);
}

CLI::App* add_run(CLI::App& app, Arguments& arguments) {
  CLI::App* run = app.add_subcommand("run", "Watch, keep budgets, page, and answer /freeze");
  run->add_option("--config", arguments.run.config_paths,
                  "A configuration file or directory; may be repeated")
      ->required();
  run->add_option("--listen", arguments.run.listen, "HOST:PORT to serve on");
  run->add_option("--state", arguments.run.state, "Directory for what survives a restart");
  run->add_option("--log-level", arguments.run.log_level, "debug, info, warning or error");
  run->add_option("--log-format", arguments.run.log_format, "logfmt or json");
  return run;
}

CLI::App* add_check(CLI::App& app, Arguments& arguments) {
  CLI::App* check =
      app.add_subcommand("check", "Say everything that is wrong with a configuration");
  check->add_option("FILE", arguments.check_paths, "Configuration files or directories")
      ->required();
  check->add_flag("--strict", arguments.check_strict, "Exit 1 on a warning too");
  check->add_flag("--offline", arguments.check_offline, "Ask no target and no server");
  return check;
}

CLI::App* add_freeze(CLI::App& app, Arguments& arguments) {
  CLI::App* freeze = app.add_subcommand(
      "freeze", "Ask whether a change may be deployed: exit 0 allow, 1 deny, 2 inconclusive");
  freeze->add_option("SERVICE", arguments.freeze.service, "A configured service")->required();
  add_server(freeze, "--server", arguments.freeze.server);
  freeze->add_option("--change", arguments.freeze.change, "feature, fix or hotfix")
      ->check(CLI::IsMember({"feature", "fix", "hotfix"}));
  freeze->add_flag("--json", arguments.freeze.as_json, "Print the whole answer");
  return freeze;
}

CLI::App* add_status(CLI::App& app, Arguments& arguments) {
  CLI::App* status =
      app.add_subcommand("status", "Ask a running slod how it is: exit 0 ready, 1 not ready");
  add_server(status, "--server,--url", arguments.status.server)
      ->excludes(status->add_option("--config", arguments.status.config_paths,
                                    "Ask where this configuration listens; may be repeated"));
  status->add_flag("--json", arguments.status.as_json, "Print it as JSON");
  return status;
}

CLI::App* add_gate(CLI::App& app, Arguments& arguments) {
  CLI::App* gate = app.add_subcommand(
      "gate", "Watch a rollout: exit 0 it went well, 1 it did not, 2 nothing is known");
  slod::GateQuestion& question = arguments.gate;
  gate->add_option("SERVICE", question.service, "A configured service")->required();
  gate->add_option("--for", question.length, "How long to watch, such as 5m")->required();
  gate->add_option("--max-error-ratio", question.max_error_ratio,
                   "Most requests that may fail meanwhile, such as 1%");
  gate->add_option("--max-p99", question.max_p99, "Highest p99 latency meanwhile, such as 500ms");
  gate->add_option("--min-events", question.min_events,
                   "Requests below which an error ratio proves nothing; 10 if not given")
      ->check(CLI::NonNegativeNumber);
  gate->add_option("--change", question.change, "feature, fix or hotfix")
      ->check(CLI::IsMember({"feature", "fix", "hotfix"}));
  add_server(gate, "--server", question.server);
  gate->add_flag("--json", question.as_json, "Print the outcome as JSON");
  return gate;
}

CLI::App* add_demo(CLI::App& app, Arguments& arguments) {
  CLI::App* demo =
      app.add_subcommand("demo", "A shop, an outage, a freeze and a thaw in two minutes");
  demo->add_option("--listen", arguments.demo.listen, "HOST:PORT to serve on");
  return demo;
}

CLI::App* add_runbook(CLI::App& app, Arguments& arguments) {
  CLI::App* runbook =
      app.add_subcommand("runbook", "Print what to do about an alert on slod itself");
  runbook->add_option("ALERT", arguments.runbook_alert, "Such as SlodDown; all if not given");
  return runbook;
}

int dispatch(int argc, char** argv) {
  CLI::App app("slod keeps error budgets, pages, and answers whether a change may be deployed.",
               "slod");
  app.require_subcommand(1);
  const std::string own_version = fmt::format("slod {}", slod::version);
  app.set_version_flag("--version", own_version, "Print the version and exit");
  Arguments arguments;
  const CLI::App* run = add_run(app, arguments);
  const CLI::App* check = add_check(app, arguments);
  const CLI::App* freeze = add_freeze(app, arguments);
  const CLI::App* gate = add_gate(app, arguments);
  const CLI::App* status = add_status(app, arguments);
  const CLI::App* runbook = add_runbook(app, arguments);
  const CLI::App* demo = add_demo(app, arguments);
  const CLI::App* schema =
      app.add_subcommand("schema", "Print a JSON schema of the configuration, for editors");
  const CLI::App* version = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 3;
  }
  if (run->parsed()) return slod::run(arguments.run);
  if (check->parsed()) {
    return slod::check(arguments.check_paths, arguments.check_strict, arguments.check_offline);
  }
  if (freeze->parsed()) return slod::ask_freeze(arguments.freeze);
  if (gate->parsed()) return slod::watch_gate(arguments.gate);
  if (status->parsed()) return slod::ask_status(arguments.status);
  if (runbook->parsed()) return slod::print_runbook(arguments.runbook_alert);
  if (demo->parsed()) return slod::demo(arguments.demo);
  if (schema->parsed()) fmt::print("{}", slod::config::schema_text());
  if (version->parsed()) fmt::print("{}\n", own_version);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "slod: {}\n", error.what());
    return 3;
  }
}
