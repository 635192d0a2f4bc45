#include "daemon/files/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "daemon/files/files.h"

namespace slod {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t config_bytes_max = 2 << 20;  // load() refuses more than 1 MiB with its reason

config::Diagnostic cannot_read(const std::string& path, std::string_view why) {
  return {.file = path,
          .message = fmt::format("expected a readable configuration file, found: {}", why)};
}

/// The files that a path stands for: itself, or the YAML files of a directory.
std::expected<std::vector<std::string>, std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const fs::path extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".yaml" || extension == ".yml")) {
      files.push_back(entry.path().string());
    }
  }
  if (error) return std::unexpected(error.message());
  if (files.empty()) return std::unexpected("a directory without any *.yaml or *.yml file");
  std::ranges::sort(files);
  return files;
}

}  // namespace

config::LoadResult load_configuration(const std::vector<std::string>& paths) {
  std::vector<config::SourceText> sources;
  std::vector<config::Diagnostic> unreadable;
  for (const std::string& path : paths) {
    const auto files = files_of(path);
    if (!files) unreadable.push_back(cannot_read(path, files.error()));
    for (const std::string& file : files.value_or(std::vector<std::string>{})) {
      if (auto text = read_file(file, config_bytes_max)) {
        sources.push_back({file, std::move(*text)});
      } else {
        unreadable.push_back(cannot_read(file, text.error()));
      }
    }
  }
  const config::Files files{
      .read = [](const std::string& path) { return read_file(path, config_bytes_max); },
      .match = matching_files};
  config::LoadResult result;
  if (!sources.empty()) result = config::load(sources, files);
  if (!unreadable.empty()) result.config.reset();
  result.diagnostics.insert(result.diagnostics.begin(), unreadable.begin(), unreadable.end());
  return result;
}

}  // namespace slod
