#include "daemon/commands/check.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/commands/check_sources.h"
#include "daemon/files/configuration.h"

namespace slod {

int check(const std::vector<std::string>& paths, bool strict, bool offline) {
  const config::LoadResult loaded = load_configuration(paths);
  bool has_error = false;
  bool has_warning = false;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    fmt::print("{}\n", config::to_text(diagnostic));
    has_error = has_error || diagnostic.severity == config::Severity::error;
    has_warning = has_warning || diagnostic.severity == config::Severity::warning;
  }
  for (const config::Diagnostic& note : loaded.notes) {
    fmt::print(stderr, "{}\n", config::to_text(note));
  }
  if (loaded.config && !offline) {
    const Findings findings = examine_sources(*loaded.config);
    for (const auto& [slo, warning] : findings.warnings) {
      fmt::print("{}: warning: {}: {}\n", loaded.places.at(slo), slo, warning);
      has_warning = true;
    }
    for (const std::string& note : findings.notes) fmt::print(stderr, "note: {}\n", note);
  }
  return has_error || (strict && has_warning) ? 1 : 0;
}

}  // namespace slod
