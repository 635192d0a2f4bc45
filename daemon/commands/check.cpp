#include "daemon/commands/check.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/commands/add_command.h"
#include "daemon/commands/check_sources.h"
#include "daemon/commands/say.h"
#include "daemon/files/configuration.h"

namespace slod {

int check(const CheckArguments& arguments) {
  const config::LoadResult loaded = load_configuration(arguments.paths);
  bool has_error = false;
  bool has_warning = false;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    say("{}", config::to_text(diagnostic));
    has_error = has_error || diagnostic.severity == config::Severity::error;
    has_warning = has_warning || diagnostic.severity == config::Severity::warning;
  }
  for (const config::Diagnostic& note : loaded.notes) {
    say_aside("{}", config::to_text(note));
  }
  if (loaded.config && !arguments.offline) {
    const SourceFindings findings = check_sources(*loaded.config);
    for (const SourceWarning& warning : findings.warnings) {
      const config::SliPlace& place = loaded.places.at(warning.slo);
      say("{}: warning: {}: {}", warning.is_about_threshold ? place.threshold : place.whole,
          warning.slo, warning.sentence);
      has_warning = true;
    }
    for (const std::string& note : findings.notes) say_aside("note: {}", note);
  }
  return has_error || (arguments.strict && has_warning) ? 1 : 0;
}

void add_check(CLI::App& slod, int& exit_code) {
  auto [command, arguments] = add_command(
      slod, exit_code, "check", "Check a configuration and list everything that is wrong", check);
  command.add_option("FILE", arguments.paths, "Configuration files or directories")->required();
  command.add_flag("--strict", arguments.strict, "Exit 1 on a warning too");
  command.add_flag("--offline", arguments.offline, "Do not contact targets and servers");
}

}  // namespace slod
