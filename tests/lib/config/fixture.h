#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "lib/config/load.h"

namespace slod::config {

/// The files that tests know, and nothing else.
inline Files known_files() {
  Files known;
  known.match = [](const std::string& pattern) {
    return pattern == "rules/*.yml" ? std::vector<std::string>{"rules/empty.yml"}
                                    : std::vector<std::string>{};
  };
  known.read = [](const std::string& path) -> std::expected<std::string, std::string> {
    static const std::map<std::string, std::string> files{
        {"rules/empty.yml", "groups: []\n"},
        {"secrets/pagerduty", "0123456789abcdef0123456789abcdef\n"},
        {"secrets/slack", "http://127.0.0.1:9/hook\n"},
        {"secrets/password", "p\n"},
        {"secrets/token", "t\n"},
        {"tls/ca.pem", "ca"},
        {"tls/cert.pem", "cert"},
        {"tls/key.pem", "key"},
        {"empty", " \n"},
        {"two lines", "http://a\r\nhttp://b\r\n"},
        {"/etc/slod/secrets/token", "t"},
        {"f", "p"}};
    const auto found = files.find(path);
    if (found == files.end()) return std::unexpected("no such file");
    return found->second;
  };
  return known;
}

inline LoadResult load_text(const std::string& text) {
  const SourceText source{"slod.yaml", text};
  return load({&source, 1}, known_files());
}

/// What is found in a text, as `slod check` prints it, without the name of the file.
inline std::vector<std::string> findings(const std::string& text) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : load_text(text).diagnostics) {
    const std::string line = to_text(diagnostic);
    lines.push_back(line.substr(line.find(':') + 1));
  }
  return lines;
}

inline std::string read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The configuration of the manual, with every section.
inline std::string manual() {
  return read_text(SLOD_MANUAL);
}

}  // namespace slod::config
