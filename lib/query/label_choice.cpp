#include "lib/query/label_choice.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/series/labels_hash.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

namespace slod::query {
namespace {

/// No byte of UTF-8, so that keys of different labels differ.
constexpr char separator = '\xff';

struct SameLabels {
  bool operator()(const Column* one, const Column* other) const {
    return one->labels == other->labels;
  }
};

struct ColumnHash {
  std::size_t operator()(const Column* column) const { return hash_of(column->labels); }
};

/// Moves the values of `from` into the gaps of `into`. False if both have a value at one step.
bool fill_gaps(Column& into, const Column& from) {
  for (std::size_t step = 0; step < from.kinds.size(); ++step) {
    if (from.kinds[step] == Point::Kind::none) continue;
    if (into.kinds[step] != Point::Kind::none) return false;
    into.set(step, from.at(step));
  }
  into.drops_name = into.drops_name || from.drops_name;
  return true;
}

}  // namespace

bool LabelChoice::is_chosen(std::string_view name) const {
  const bool is_named = std::ranges::find(names_, name) != names_.end();
  return mode_ == Mode::only ? is_named : !is_named && name != metric_name_label;
}

Labels LabelChoice::choose(const Labels& labels) const {
  std::vector<Labels::Pair> chosen;
  for (const Labels::Pair& pair : labels.pairs()) {
    if (is_chosen(pair.first)) chosen.push_back(pair);
  }
  return Labels(std::move(chosen));
}

void LabelChoice::append_key(const Labels& labels, std::string& key) const {
  if (mode_ == Mode::only && names_.empty()) return;
  for (const auto& [name, value] : labels.pairs()) {
    if (!is_chosen(name)) continue;
    key += name;
    key += separator;
    key += value;
    key += separator;
  }
}

std::size_t GroupTable::group_of(const Labels& labels) {
  key_.clear();
  choice_.append_key(labels, key_);
  return groups_.try_emplace(key_, groups_.size()).first->second;
}

bool is_label_name(std::string_view name) {
  return !name.empty() && is_utf8(name);
}

std::expected<void, Error> merge_same_labels(Frame& frame) {
  std::erase_if(frame, [](const Column& column) { return column.is_empty(); });
  std::unordered_map<const Column*, std::size_t, ColumnHash, SameLabels> first(frame.size());
  std::vector<bool> is_merged(frame.size());
  bool any_merged = false;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const auto [found, is_new] = first.try_emplace(&frame[i], i);
    if (is_new) continue;
    if (!fill_gaps(frame[found->second], frame[i])) {
      return std::unexpected(
          Error{Error::Kind::execution, "vector cannot contain metrics with the same labelset"});
    }
    is_merged[i] = any_merged = true;
  }
  if (!any_merged) return {};
  Frame merged;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (!is_merged[i]) merged.push_back(std::move(frame[i]));
  }
  frame = std::move(merged);
  return {};
}

std::string error_text(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels.pairs()) {
    if (text.size() > 1) text += ", ";
    text += promql::is_bare_label(name) ? name : go_quoted(name);
    text += '=';
    text += go_quoted(value);
  }
  return text + "}";
}

}  // namespace slod::query
