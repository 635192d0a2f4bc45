#include "lib/config/scalar_place.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace slod::config {
namespace {

/// How many bytes of source one escape of a double-quoted scalar takes, backslash included.
std::size_t escape_length(char kind) {
  return kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
}

/// How many bytes of value an escape yields: one, but for the characters beyond ASCII.
std::size_t escape_value_length(std::string_view escape) {
  if (escape.size() == 2) {
    const bool is_separator = escape[1] == 'L' || escape[1] == 'P';
    return is_separator ? 3 : escape[1] == 'N' || escape[1] == '_' ? 2 : 1;
  }
  const unsigned long point = std::strtoul(std::string(escape.substr(2)).c_str(), nullptr, 16);
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/// Where byte `offset` of the value is in `text`, the line from the opening quote on. Nullopt where
/// the scalar is not on one line.
std::optional<std::size_t> offset_in_quotes(std::string_view text, std::size_t offset) {
  const char quote = text[0];
  std::size_t at = 1;
  std::optional<std::size_t> found;
  for (std::size_t produced = 0; at < text.size();) {
    if (produced >= offset && !found) found = at;
    if (quote == '\'' && text.substr(at, 2) == "''") {
      at += 2;
      ++produced;
    } else if (text[at] == quote) {
      return found.value_or(at);
    } else if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) {
      const std::string_view escape = text.substr(at, escape_length(text[at + 1]));
      at += escape.size();
      produced += escape_value_length(escape);
    } else {
      ++at;
      ++produced;
    }
  }
  return std::nullopt;
}

/// Follows a scalar's value through the lines that it was written on.
class Follower {
 public:
  Follower(std::string_view text, const std::vector<std::size_t>& line_starts, Mark at)
      : text_(text), line_starts_(line_starts), at_(at) {}

  /// To the first line of a block: below its header, at its indentation.
  bool enter_block() {
    const std::string_view header = rest();
    keeps_line_ends_ = header[0] == '|';
    const std::size_t digit = header.find_first_of("123456789");
    const bool is_indented_by_hand = digit < header.find('#');
    if (is_indented_by_hand) return false;  // the indentation counts from the parent's
    ++at_.line;
    for (int number = at_.line; number < lines(); ++number) {
      const std::size_t first = line(number).find_first_not_of(' ');
      if (first == std::string_view::npos) continue;
      indentation_ = static_cast<int>(first);
      at_.column = indentation_;
      return true;
    }
    return false;
  }

  /// One byte of the value further. False: it does not stand there.
  bool follow(char c) {
    const std::string_view left = rest();
    if (!left.empty() && left[0] == c) {
      ++at_.column;
      return true;
    }
    if (c != ' ' && c != '\n') return false;
    const bool is_at_end = left.find_first_not_of(" \t") == std::string_view::npos;
    if (keeps_line_ends_) {
      if (!left.empty()) return false;
      return next_line();
    }
    return !is_at_end || next_written_line();
  }

  Mark place() const { return at_; }

 private:
  int lines() const { return static_cast<int>(line_starts_.size()); }

  /// Without its end.
  std::string_view line(int number) const {
    const std::size_t start = line_starts_[static_cast<std::size_t>(number)];
    const std::string_view whole = text_.substr(start, text_.find('\n', start) - start);
    return whole.ends_with('\r') ? whole.substr(0, whole.size() - 1) : whole;
  }

  std::string_view rest() const {
    const std::string_view whole = line(at_.line);
    return whole.substr(std::min(static_cast<std::size_t>(at_.column), whole.size()));
  }

  bool next_line() {
    if (at_.line + 1 >= lines()) return false;
    ++at_.line;
    at_.column = indentation_;
    return true;
  }

  /// A line break of a folded text: whatever follows it stands on the next line with anything on.
  bool next_written_line() {
    while (next_line()) {
      const std::size_t first = line(at_.line).find_first_not_of(" \t");
      if (first == std::string_view::npos) continue;
      if (indentation_ == 0) at_.column = static_cast<int>(first);
      return true;
    }
    return false;
  }

  std::string_view text_;
  const std::vector<std::size_t>& line_starts_;
  Mark at_;
  int indentation_ = 0;  ///< of a block's lines; 0: any
  bool keeps_line_ends_ = false;
};

}  // namespace

std::optional<Mark> mark_inside(std::string_view text, const std::vector<std::size_t>& line_starts,
                                const YamlNode& scalar, std::size_t offset) {
  const Mark start = scalar.mark;
  if (static_cast<std::size_t>(start.line) >= line_starts.size()) return std::nullopt;
  const std::size_t begin =
      line_starts[static_cast<std::size_t>(start.line)] + static_cast<std::size_t>(start.column);
  if (begin >= text.size()) return std::nullopt;
  const char first = text[begin];
  if (first == '\'' || first == '"') {
    const auto inside =
        offset_in_quotes(text.substr(begin, text.find('\n', begin) - begin), offset);
    if (!inside) return std::nullopt;
    return Mark{start.line, start.column + static_cast<int>(*inside)};
  }
  Follower follower(text, line_starts, start);
  if ((first == '|' || first == '>') && !follower.enter_block()) return std::nullopt;
  for (const char c : std::string_view(scalar.scalar).substr(0, offset)) {
    if (!follower.follow(c)) return std::nullopt;
  }
  return follower.place();
}

}  // namespace slod::config
