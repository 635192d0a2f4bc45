#include "lib/series/line_table.h"

#include <utility>

namespace slod {

std::uint32_t LineTable::find(std::string_view text) const {
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? none : found->second;
}

std::uint32_t LineTable::add(std::string_view text, std::uint32_t series) {
  const auto line = static_cast<std::uint32_t>(lines_.size());
  const auto placed = by_text_.emplace(text, line).first;
  lines_.push_back({.text = placed->first, .series = series});
  return line;
}

void LineTable::begin_page() {
  ++page_;
  on_page_ = 0;
  last_ = none;
}

void LineTable::pass(std::uint32_t line) {
  if (last_ == none) {
    first_ = line;
  } else {
    lines_[last_].after = line;
  }
  last_ = line;
  if (lines_[line].page != page_) {
    lines_[line].page = page_;
    ++on_page_;
  }
}

void LineTable::end_page() {
  if (lines_.size() > 2 * on_page_) drop_old();
}

void LineTable::drop_old() {
  std::vector<std::uint32_t> moved(lines_.size(), none);
  std::vector<Line> kept;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].page != page_) {
      by_text_.erase(by_text_.find(lines_[i].text));
      continue;
    }
    moved[i] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(lines_[i]);
  }
  for (auto& line : kept) {
    if (line.after != none) line.after = moved[line.after];
  }
  for (auto& [text, line] : by_text_) line = moved[line];
  if (first_ != none) first_ = moved[first_];
  lines_ = std::move(kept);
}

void LineTable::clear() {
  *this = LineTable();
}

}  // namespace slod
