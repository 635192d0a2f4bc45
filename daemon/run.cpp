#include "daemon/run.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "daemon/app.h"
#include "daemon/clock/clock.h"
#include "daemon/commands/add_command.h"
#include "daemon/files/configuration.h"
#include "daemon/log/log.h"
#include "daemon/process/out_of_memory.h"
#include "daemon/process/private_memory.h"
#include "daemon/store/brought_back.h"
#include "daemon/store/sqlite/sqlite_database.h"

namespace slod {
namespace {

int cannot_start(const std::string& why) {
  fmt::print(stderr, "slod: cannot start: {}\n", why);
  return 1;
}

int wrong_usage(std::string_view option, const std::string& why) {
  fmt::print(stderr, "slod: {}: {}\n", option, why);
  return cannot_say;
}

std::expected<config::HostPort, std::string> parse_listen(std::string_view text) {
  const auto refused = [text] {
    return std::unexpected(
        fmt::format("expected HOST:PORT such as 127.0.0.1:9750, found \"{}\"", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refused();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  config::HostPort parsed{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return refused();
  return parsed;
}

/// Programs start with few open files because of select(), which slod does not use.
void allow_many_files() {
  constexpr rlim_t enough = 65'536;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= enough) return;
  files.rlim_cur = std::min(files.rlim_max, enough);
  setrlimit(RLIMIT_NOFILE, &files);  // with fewer there are fewer connections at once
}

/// Errors and warnings go to stderr, one a line.
void print(const std::vector<config::Diagnostic>& diagnostics) {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    fmt::print(stderr, "{}\n", config::to_text(diagnostic));
  }
}

int start_and_serve(const RunArguments& arguments) {
  const auto level = log::parse_level(arguments.log_level);
  if (!level) return wrong_usage("--log-level", level.error());
  const auto format = log::parse_format(arguments.log_format);
  if (!format) return wrong_usage("--log-format", format.error());
  log::start(*level, *format);
  keep_memory_private();
  end_when_out_of_memory();
  allow_many_files();
  std::signal(SIGPIPE, SIG_IGN);  // the reader of the log may go away; alerts must still go out
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the disk, and reported

  RunOptions options{
      .config_paths = arguments.config_paths, .listen = {}, .state = arguments.state};
  if (arguments.listen) {
    const auto listen = parse_listen(*arguments.listen);
    if (!listen) return wrong_usage("--listen", listen.error());
    options.listen = *listen;
  }
  config::LoadResult loaded = load_configuration(arguments.config_paths);
  print(loaded.diagnostics);
  if (!loaded.config) return cannot_start("the configuration has errors, listed above");

  const std::filesystem::path state = options.state.value_or(loaded.config->state);
  auto database = open_sqlite(state / "slod.db");
  if (!database) return cannot_start(database.error());
  auto restored = (*database)->load();
  if (!restored) return cannot_start(restored.error());
  auto pending = (*database)->pending_messages();
  if (!pending) return cannot_start(pending.error());

  if (const auto done = bring_state_back(**database, *restored, *pending, Clock().now()); !done) {
    return cannot_start(done.error());
  }

  App app(std::move(options), std::move(*loaded.config), std::move(*database), std::move(*restored),
          std::move(*pending));
  malloc_trim(0);  // what was read from the store takes more than what became of it
  const auto port = app.start();
  if (!port) return cannot_start(port.error());
  return app.run();
}

}  // namespace

int run(const RunArguments& arguments) {
  try {
    return start_and_serve(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "slod: it ends, since something failed that it cannot do without: {}\n",
               error.what());
    return 1;
  }
}

void add_run(CLI::App& slod, int& exit_code) {
  auto [command, arguments] =
      add_command(slod, exit_code, "run",
                  "Run the daemon: keep error budgets, send alerts and answer /freeze", run);
  command
      .add_option("--config", arguments.config_paths,
                  "A configuration file or directory; may be repeated")
      ->type_name("FILE")
      ->required();
  command.add_option("--listen", arguments.listen, "HOST:PORT to serve on");
  command.add_option("--state", arguments.state, "Directory for the state that survives a restart");
  command.add_option("--log-level", arguments.log_level, "debug, info, warning or error");
  command.add_option("--log-format", arguments.log_format, "logfmt or json");
}

}  // namespace slod
