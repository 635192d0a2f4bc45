#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/hash/keyed.h"

namespace slod {

/// Remembers which series each text of metric and labels on a page meant, and which line came after
/// which, because exporters print the same lines in the same order page after page. Only a cache:
/// without it the same series are found, more slowly. Move-only and not thread-safe.
class LineTable {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  LineTable() = default;
  LineTable(const LineTable&) = delete;
  LineTable& operator=(const LineTable&) = delete;
  LineTable(LineTable&&) noexcept = default;
  LineTable& operator=(LineTable&&) noexcept = default;

  /// The number of the line with this text; none if it is not known.
  std::uint32_t find(std::string_view text) const;
  /// Adds a line that is not known yet. `series` is none for a line that no one demands.
  std::uint32_t add(std::string_view text, std::uint32_t series);

  std::string_view text(std::uint32_t line) const { return lines_[line].text; }
  std::uint32_t series(std::uint32_t line) const { return lines_[line].series; }

  /// The line that came after `line` last time; after none: the first of the page. May be none.
  std::uint32_t after(std::uint32_t line) const {
    return line == none ? first_ : lines_[line].after;
  }

  /// The lines of a new page, in order: between begin_page and end_page, each line in turn.
  void begin_page();
  void pass(std::uint32_t line);
  /// Drops lines that were not on the page once they outnumber those that were.
  void end_page();

  /// Drops every line that was not on the last page.
  void drop_old();
  void clear();

 private:
  struct Line {
    std::string_view text;  ///< in texts_
    std::uint32_t series = none;
    std::uint32_t after = none;
    std::uint32_t page = 0;  ///< the last page it was on
  };

  std::string_view keep(std::string_view text);

  std::vector<Line> lines_;
  /// Blocks that are filled up to their capacity and so never move. Texts lie in the order of the
  /// page, which makes comparing a page with them a walk through memory.
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, std::uint32_t, KeyedHash> by_text_;
  std::uint32_t first_ = none;
  std::uint32_t last_ = none;  ///< the last line passed on the current page
  std::uint32_t page_ = 0;
  std::size_t on_page_ = 0;
};

}  // namespace slod
