#include "lib/series/line_table.h"

#include <algorithm>
#include <utility>

namespace slod {

std::uint32_t LineTable::find(std::string_view text) const {
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? none : found->second;
}

std::uint32_t LineTable::add(std::string_view text, std::uint32_t series) {
  const auto line = static_cast<std::uint32_t>(lines_.size());
  lines_.push_back({.text = keep(text), .series = series});
  by_text_.emplace(lines_.back().text, line);
  return line;
}

std::string_view LineTable::keep(std::string_view text) {
  constexpr std::size_t block_bytes = 16'384;
  if (texts_.empty() || texts_.back().capacity() - texts_.back().size() < text.size()) {
    texts_.emplace_back().reserve(std::max(block_bytes, text.size()));
  }
  std::string& block = texts_.back();
  block += text;
  return std::string_view(block).substr(block.size() - text.size());
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
  LineTable kept;
  std::vector<std::uint32_t> moved(lines_.size(), none);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].page == page_) moved[i] = kept.add(lines_[i].text, lines_[i].series);
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (moved[i] == none) continue;
    Line& line = kept.lines_[moved[i]];
    line.page = page_;
    if (lines_[i].after != none) line.after = moved[lines_[i].after];
  }
  if (first_ != none) kept.first_ = moved[first_];
  kept.page_ = page_;
  kept.on_page_ = on_page_;
  *this = std::move(kept);
}

void LineTable::clear() {
  *this = LineTable();
}

}  // namespace slod
