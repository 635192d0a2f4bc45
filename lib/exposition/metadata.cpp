#include "lib/exposition/metadata.h"

#include <algorithm>
#include <array>

#include "lib/text/utf8.h"

namespace slod {
namespace {

constexpr std::array<std::string_view, 4> series_suffixes{"_bucket", "_count", "_sum", "_total"};
constexpr std::array<std::string_view, 4> types{"counter", "gauge", "histogram", "summary"};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// The next word; the text begins after it then.
std::string_view take_word(std::string_view& text) {
  text = without_blanks(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n') {
      out += '\n';
    } else {
      if (next != '\\' && next != '"') out += '\\';
      out += next;
    }
  }
  return out;
}

/// The name of the metric, which may stand between quotes; empty where there is none.
std::string take_name(std::string_view& text) {
  text = without_blanks(text);
  if (!text.starts_with('"')) return std::string(take_word(text));
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return {};
  std::string name = unescaped(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  return name;
}

std::string cut(std::string help) {
  if (help.size() <= help_bytes_max) return help;
  std::size_t end = help_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(help[end]) & 0xc0) == 0x80) --end;
  help.resize(end);
  return help;
}

bool is_wanted(const std::string& name, const std::function<bool(std::string_view)>& wants) {
  if (wants(name)) return true;
  return std::ranges::any_of(
      series_suffixes, [&](std::string_view suffix) { return wants(name + std::string(suffix)); });
}

}  // namespace

MetadataByMetric read_metadata(std::string_view page,
                               const std::function<bool(std::string_view)>& wants) {
  MetadataByMetric all;
  while (!page.empty()) {
    std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    if (!line.starts_with('#')) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line.remove_prefix(1);
    const std::string_view keyword = take_word(line);
    if (keyword != "TYPE" && keyword != "HELP" && keyword != "UNIT") continue;
    const std::string name = take_name(line);
    if (name.empty() || !is_wanted(name, wants)) continue;
    MetricMetadata& metadata = all.try_emplace(name, "unknown", "", "").first->second;
    line = without_blanks(line);
    if (keyword == "HELP") metadata.help = cut(valid_utf8(unescaped(line)));
    if (keyword == "UNIT") metadata.unit = valid_utf8(line);
    if (keyword == "TYPE") {
      const bool is_known = std::ranges::find(types, line) != types.end();
      metadata.type = is_known ? line : "unknown";
    }
  }
  return all;
}

}  // namespace slod
