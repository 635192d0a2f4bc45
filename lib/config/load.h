#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/config.h"

namespace slod::config {

/// One configuration file, read by the caller.
struct SourceText {
  std::string file;  ///< its path; relative paths inside are relative to its directory
  std::string text;  ///< YAML in UTF-8, at most 1 MiB
};

/// How load() looks at the files that the configuration names: rule files, and secrets and
/// certificates, which must be there and not be empty.
struct Files {
  /// The bytes of a file, or why they cannot be read ("no such file", "permission denied").
  std::function<std::expected<std::string, std::string>(const std::string& path)> read;
  /// The paths of the files that a pattern (*, ?, [...]) means, sorted. Not set: there are none.
  std::function<std::vector<std::string>(const std::string& pattern)> match = {};
};

/// `note`: nothing is wrong, but good to know.
enum class Severity { note, warning, error };

/// What is wrong, and where an editor shows it: lines and columns count from 1, columns in
/// characters.
struct Diagnostic {
  std::string file;
  int line = 1;
  int column = 1;
  Severity severity = Severity::error;
  std::string message;  ///< one sentence: what was expected, what was found

  bool operator==(const Diagnostic&) const = default;
};

/// "note", "warning" or "error".
std::string_view to_string(Severity severity);

/// `slod.yaml:12:5: error: expected ..., found ...`
std::string to_text(const Diagnostic& diagnostic);

/// Where the SLI of an SLO is written: "slod.yaml:12:9".
struct SliPlace {
  std::string whole;
  std::string threshold;  ///< `below` of a latency; of another SLI: the same as `whole`
};

struct LoadResult {
  std::optional<Config> config;         ///< set exactly where no diagnostic is an error
  std::vector<Diagnostic> diagnostics;  ///< in the order of the files, then by line and column
  std::vector<Diagnostic> notes;        ///< in the same order; what is no finding
  /// By the SLO's id, for what is found later.
  std::map<std::string, SliPlace> places;
};

/// Reads one configuration out of one or more files and the rule files that they name, whose
/// findings come last. Lists (scrape, prometheus, services, rules, rule_files) add up; anything
/// else may be given once. Every finding is reported, not only the first. Reads nothing but through
/// `files`.
LoadResult load(std::span<const SourceText> sources, const Files& files);

}  // namespace slod::config
