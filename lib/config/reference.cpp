#include "lib/config/reference.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <vector>

namespace slod::config {
namespace {

constexpr std::string_view head = "| key of ";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  std::size_t begin = 1;
  for (std::size_t end = row.find('|', begin); end != std::string_view::npos;
       end = row.find('|', begin)) {
    cells.emplace_back(trimmed(row.substr(begin, end - begin)));
    begin = end + 1;
  }
  return cells;
}

/// "a scrape job" of "key of a scrape job"; "latency" of "key of `latency` by slices".
std::string kind_of(const std::string& title) {
  std::string kind = title.substr(head.size() - 2);
  re2::RE2::Replace(&kind, "^`(\\w+)`.*", "\\1");
  return kind;
}

/// "between scrapes. Default: `15s`"
std::string sentence_of(const std::vector<std::string>& cells) {
  std::string text = cells.back();
  re2::RE2::GlobalReplace(&text, "\\[([^\\]]*)\\]\\([^)]*\\)", "\\1");
  const bool has_default = cells.size() == 3 && !cells[1].starts_with("required") &&
                           cells[1] != "none" && !cells[1].contains("one") &&
                           !cells[1].starts_with("see ") && !cells[1].starts_with("as above");
  return has_default ? fmt::format("{}. Default: {}", text, cells[1]) : text;
}

}  // namespace

std::map<std::pair<std::string, std::string>, std::string> meanings_of(std::string_view reference) {
  std::map<std::pair<std::string, std::string>, std::string> meanings;
  std::string kind;  // of the table that is being read; empty: none is
  while (!reference.empty()) {
    const std::string_view line = reference.substr(0, reference.find('\n'));
    reference.remove_prefix(std::min(line.size() + 1, reference.size()));
    if (!line.starts_with('|')) kind.clear();
    const std::vector<std::string> cells = cells_of(line);
    if (line.starts_with(head)) kind = kind_of(cells.front());
    if (kind.empty() || cells.size() < 2) continue;
    if (line.starts_with(head)) continue;
    re2::StringPiece names(cells.front());
    for (std::string key; re2::RE2::FindAndConsume(&names, "`(\\w+)`", &key);) {
      meanings.try_emplace({kind, key}, sentence_of(cells));
    }
  }
  return meanings;
}

}  // namespace slod::config
