#include "lib/slo/slo_id.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace slod {
namespace {

/// Takes `expected` off the front of `text`, if it is there.
bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes a text in quotes off the front, and the escapes out of it.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (!take(text, '"')) return std::nullopt;
  std::string plain;
  while (!text.empty() && text.front() != '"') {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      if (text.empty()) return std::nullopt;
      c = text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    }
    plain += c;
  }
  if (!take(text, '"')) return std::nullopt;
  return plain;
}

/// The name of a label is quoted unless it is a plain word.
std::optional<std::string> take_label_name(std::string_view& text) {
  if (text.starts_with('"')) return take_quoted(text);
  const std::size_t end = text.find('=');
  if (end == std::string_view::npos) return std::nullopt;
  std::string name(text.substr(0, end));
  text.remove_prefix(end);
  return name;
}

/// `{a="b",c="d"}`. What is written in another way than to_text() does passes.
std::optional<Labels> parse_labels(std::string_view text) {
  if (!take(text, '{')) return std::nullopt;
  std::vector<Labels::Pair> pairs;
  do {
    auto name = take_label_name(text);
    if (!name || !take(text, '=')) return std::nullopt;
    auto value = take_quoted(text);
    if (!value) return std::nullopt;
    pairs.emplace_back(std::move(*name), std::move(*value));
  } while (take(text, ','));
  if (text != "}") return std::nullopt;
  return Labels(std::move(pairs));
}

}  // namespace

std::string to_text(const SloId& id) {
  std::string text = id.service + "/" + id.name;
  if (!id.labels.pairs().empty()) text += to_text(id.labels);
  return text;
}

std::optional<SloId> parse_slo_id(std::string_view text) {
  const std::size_t brace = std::min(text.find('{'), text.size());
  const std::string_view head = text.substr(0, brace);
  const std::size_t slash = head.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  SloId id{.service = std::string(head.substr(0, slash)),
           .name = std::string(head.substr(slash + 1))};
  if (id.service.empty() || id.name.empty()) return std::nullopt;
  if (id.name.find_first_of("/}") != std::string::npos) return std::nullopt;
  if (brace < text.size()) {
    auto labels = parse_labels(text.substr(brace));
    if (!labels) return std::nullopt;
    id.labels = std::move(*labels);
  }
  // Two texts never mean the same SLO: it would be stored twice.
  if (to_text(id) != text) return std::nullopt;
  return id;
}

std::size_t SloIdHash::operator()(const SloId& id) const {
  const std::hash<std::string_view> hash;
  std::size_t mixed = hash(id.service);
  const auto mix = [&](std::string_view text) { mixed = mixed * 1'000'003 + hash(text); };
  mix(id.name);
  for (const auto& [name, value] : id.labels.pairs()) {
    mix(name);
    mix(value);
  }
  return mixed;
}

}  // namespace slod
