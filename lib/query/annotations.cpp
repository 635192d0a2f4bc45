#include "lib/query/annotations.h"

#include <fmt/format.h>

#include <algorithm>

namespace slod::query {
namespace {

/// "line:column" of a byte of the query, both counted from 1.
std::string place(std::string_view query, std::size_t position) {
  const std::string_view before = query.substr(0, std::min(position, query.size()));
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}", lines + 1, before.size() - line_start + 1);
}

}  // namespace

void Annotations::add(Severity severity, std::string message, promql::Position position) {
  // A message that comes twice is kept once, with its first position.
  const auto same = entries_.lower_bound({severity, message, 0});
  if (same != entries_.end() && same->severity == severity && same->message == message) {
    if (same->position <= position.begin) return;
    entries_.erase(same);
  }
  entries_.insert({severity, std::move(message), position.begin});
}

void Annotations::merge(const Annotations& other) {
  for (const Entry& entry : other.entries_) {
    add(entry.severity, entry.message, {entry.position, entry.position});
  }
}

std::vector<std::string> Annotations::texts(Severity severity, std::string_view query) const {
  std::vector<std::string> texts;
  for (const Entry& entry : entries_) {
    if (entry.severity != severity) continue;
    texts.push_back(fmt::format("{} ({})", entry.message, place(query, entry.position)));
  }
  return texts;
}

}  // namespace slod::query
