#include "daemon/commands/runbook.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <vector>

#include "daemon/commands/add_command.h"

namespace slod {
namespace {

constexpr std::string_view heading = "\n## ";

/// A section of the document: its name, and its text with the heading.
struct Section {
  std::string_view name;
  std::string_view text;
};

std::vector<Section> sections_of(std::string_view document) {
  std::vector<Section> sections;
  for (std::size_t at = document.find(heading); at != std::string_view::npos;) {
    const std::size_t next = document.find(heading, at + heading.size());
    const std::string_view text = document.substr(at + 1, next - at - 1);
    const std::string_view name = text.substr(heading.size() - 1);
    sections.push_back({.name = name.substr(0, name.find('\n')), .text = text});
    at = next;
  }
  return sections;
}

}  // namespace

int print_runbook(const RunbookArguments& arguments) {
  const std::string& alert = arguments.alert;
  if (alert.empty()) {
    fmt::print("{}", runbooks_document());
    return 0;
  }
  std::vector<std::string_view> names;
  for (const Section& section : sections_of(runbooks_document())) {
    if (section.name == alert) {
      fmt::print("{}", section.text);
      return 0;
    }
    if (section.name.starts_with("Slod")) names.push_back(section.name);
  }
  fmt::print(stderr, "slod runbook: expected one of {}, found \"{}\"\n", fmt::join(names, ", "),
             alert);
  return cannot_say;
}

void add_runbook(CLI::App& slod, int& exit_code) {
  auto [command, arguments] = add_command(
      slod, exit_code, "runbook", "Print what to do about an alert on slod itself", print_runbook);
  command.add_option("ALERT", arguments.alert, "Such as SlodDown; all if not given");
}

}  // namespace slod
