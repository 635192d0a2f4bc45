#include "lib/config/scope.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "lib/config/scalar_place.h"
#include "lib/config/scalars.h"

namespace slod::config {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

int characters(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

/// A path without empty parts, "." and, where a part before it can go instead, "..".
std::string normalized(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part.empty() || part == ".") continue;
    const bool leads_up = !parts.empty() && parts.back() != "..";
    if (part != ".." || (!leads_up && !is_absolute)) {
      parts.push_back(part);
    } else if (leads_up) {
      parts.pop_back();
    }
  }
  if (parts.empty()) return is_absolute ? "/" : ".";
  return fmt::format("{}{}", is_absolute ? "/" : "", fmt::join(parts, "/"));
}

}  // namespace

Scope::Scope(const SourceText& source, const Files& files) : source_(source), files_(files) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < source.text.size(); ++i) {
    if (source.text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::string_view Scope::line(int number) const {
  const auto index = static_cast<std::size_t>(number);
  if (index >= line_starts_.size()) return {};
  const std::size_t start = line_starts_[index];
  const std::size_t end =
      index + 1 < line_starts_.size() ? line_starts_[index + 1] : source_.text.size();
  return std::string_view(source_.text).substr(start, end - start);
}

void Scope::report(Mark mark, Severity severity, std::string message) {
  const std::string_view text = line(mark.line);
  const auto before = std::min(static_cast<std::size_t>(mark.column), text.size());
  diagnostics_.push_back({source_.file, mark.line + 1, characters(text.substr(0, before)) + 1,
                          severity, std::move(message)});
}

void Scope::error(Mark mark, std::string message) {
  ++errors_;
  report(mark, Severity::error, std::move(message));
}

void Scope::warn(Mark mark, std::string message) {
  report(mark, Severity::warning, std::move(message));
}

void Scope::note(Mark mark, std::string message) {
  report(mark, Severity::note, std::move(message));
}

void Scope::error_inside(const YamlNode& scalar, std::size_t offset, std::string message) {
  if (const auto inside = mark_inside(source_.text, line_starts_, scalar, offset)) {
    error(*inside, std::move(message));
  } else {
    error(scalar.mark, fmt::format("at byte {} of this text: {}", offset, message));
  }
}

std::string Scope::place(Mark mark) const {
  const std::string_view text = line(mark.line);
  const auto before = std::min(static_cast<std::size_t>(mark.column), text.size());
  return fmt::format("{}:{}:{}", source_.file, mark.line + 1,
                     characters(text.substr(0, before)) + 1);
}

std::string Scope::resolve(std::string_view path) const {
  const std::size_t slash = source_.file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return normalized(path);
  return normalized(fmt::format("{}/{}", source_.file.substr(0, slash), path));
}

void Scope::check_file(Mark mark, const std::string& path, FileContent content) {
  const auto bytes = files_.read(path);
  if (!bytes) {
    error(mark,
          fmt::format("expected a file that slod can read, found {}: {}", path, bytes.error()));
  } else if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
    error(mark, fmt::format("expected a file that holds something, found {} to be empty", path));
  } else if (content != FileContent::anything) {
    const std::string line = bytes->substr(0, bytes->find_last_not_of("\r\n") + 1);
    if (line.find_first_of("\r\n") != std::string::npos) {
      error(mark, fmt::format("expected a file with one line, found {} to have more", path));
    } else if (content == FileContent::secret_url && !url().parse(line)) {
      error(mark, fmt::format("expected a file that holds a URL such as https://example.org/hook, "
                              "found none in {}",
                              path));
    }
  }
}

std::vector<Diagnostic> Scope::take_diagnostics() {
  std::ranges::sort(diagnostics_, {}, [](const Diagnostic& diagnostic) {
    return std::tuple<int, int, const std::string&>(diagnostic.line, diagnostic.column,
                                                    diagnostic.message);
  });
  return std::move(diagnostics_);
}

}  // namespace slod::config
