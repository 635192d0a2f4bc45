#include "lib/series/labels.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "lib/promql/characters.h"

namespace slod {
namespace {

void append_quoted(std::string& text, std::string_view plain) {
  text += '"';
  for (const char c : plain) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
}

auto position(std::vector<Labels::Pair>& pairs, std::string_view name) {
  return std::ranges::lower_bound(pairs, name, {}, &Labels::Pair::first);
}

}  // namespace

Labels::Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

Labels::Labels(std::vector<Pair> pairs) {
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int names = pairs[a].first.compare(pairs[b].first);
    return names < 0 || (names == 0 && a < b);
  });
  const auto repeated = std::ranges::unique(
      order, [&](std::size_t a, std::size_t b) { return pairs[a].first == pairs[b].first; });
  order.erase(repeated.begin(), repeated.end());
  pairs_.reserve(order.size());
  for (const std::size_t i : order) {
    if (!pairs[i].second.empty()) pairs_.push_back(std::move(pairs[i]));
  }
}

std::string_view Labels::get(std::string_view name) const {
  const auto found = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
  return found != pairs_.end() && found->first == name ? found->second : std::string_view();
}

void Labels::set(std::string_view name, std::string_view value) {
  const auto place = position(pairs_, name);
  const bool present = place != pairs_.end() && place->first == name;
  if (value.empty()) {
    if (present) pairs_.erase(place);
  } else if (present) {
    place->second = value;
  } else {
    pairs_.emplace(place, name, value);
  }
}

std::string to_text(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels.pairs()) {
    if (text.size() > 1) text += ',';
    if (promql::is_bare_label(name)) {
      text += name;
    } else {
      append_quoted(text, name);
    }
    text += '=';
    append_quoted(text, value);
  }
  return text + "}";
}

}  // namespace slod
