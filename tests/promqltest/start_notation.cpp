#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tests/promqltest/script.h"

/// Start times: `_`, `_xN`, `D`, `DxN`, `D+DxN`, `D-DxN`, and `*`, `*xN` for the one before again.
namespace slod::promqltest {
namespace {

using Starts = std::vector<std::optional<Duration>>;

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_unit(char byte) {
  return byte >= 'a' && byte <= 'z' && byte != 'x';
}

/// Reads one word.
class Item {
 public:
  explicit Item(std::string_view text) : text_(text), rest_(text) {}

  std::expected<void, std::string> read(Starts& starts) {
    if (take('_')) {
      const auto times = repetitions();
      if (!times || *times == 0) return failure();
      starts.resize(starts.size() + times->value_or(1));
      return {};
    }
    Duration value{};
    Duration step{};
    if (take('*')) {
      const auto last = std::ranges::find_if(starts.rbegin(), starts.rend(),
                                             [](const auto& start) { return start.has_value(); });
      if (last != starts.rend()) value = **last;
    } else {
      const auto first = duration();
      if (!first) return failure();
      value = *first;
      const bool falls = rest_.starts_with('-');
      if (falls || rest_.starts_with('+')) {
        rest_.remove_prefix(1);
        const auto by = duration();
        if (!by || !rest_.starts_with('x')) return failure();
        step = falls ? -*by : *by;
      }
    }
    const auto times = repetitions();
    if (!times) return failure();
    for (std::size_t i = 0; i <= times->value_or(0); ++i, value += step) starts.push_back(value);
    return {};
  }

 private:
  std::unexpected<std::string> failure() const {
    return std::unexpected(
        fmt::format("expected a start such as -1m, 0sx3 or -2m+30sx4, found {:?}", text_));
  }

  bool take(char byte) {
    if (!rest_.starts_with(byte)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<Duration> duration() {
    const bool is_negative = rest_.starts_with('-');
    if (is_negative || rest_.starts_with('+')) rest_.remove_prefix(1);
    const auto digits = std::ranges::find_if_not(rest_, is_digit);
    const auto end = std::find_if_not(digits, rest_.end(), is_unit);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const auto value = parse_duration(rest_.substr(0, length));
    if (digits == rest_.begin() || !value) return std::nullopt;
    rest_.remove_prefix(length);
    return is_negative ? -*value : *value;
  }

  /// `xN` at the end of the word; nothing inside where there is none. Nothing at all: it is wrong.
  std::optional<std::optional<std::size_t>> repetitions() {
    if (rest_.empty()) return std::optional<std::size_t>{};
    if (!take('x')) return std::nullopt;
    std::size_t times = 0;
    const char* end = rest_.data() + rest_.size();
    const auto [stopped, error] = std::from_chars(rest_.data(), end, times);
    if (error != std::errc{} || stopped != end || times > 1'000'000) return std::nullopt;
    return times;
  }

  std::string_view text_;
  std::string_view rest_;
};

constexpr std::string_view blanks = " \t";
constexpr std::string_view mark = "@st";

}  // namespace

bool is_starts_line(std::string_view line) {
  const std::size_t end = line.find_first_of(blanks);
  return end != std::string_view::npos && line.substr(0, end).ends_with(mark);
}

std::expected<SeriesLine, std::string> parse_starts(std::string_view line) {
  const std::size_t end = line.find_first_of(blanks);
  const std::string_view name = line.substr(0, end - mark.size());
  SeriesLine series;
  if (!name.empty()) {
    auto named = parse_series(name);
    if (!named) return named;
    series = std::move(*named);
  }
  std::string_view rest = line.substr(end);
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (rest.empty()) return series;
    const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
    if (auto read = Item(word).read(series.starts); !read) return std::unexpected(read.error());
    rest.remove_prefix(word.size());
  }
}

}  // namespace slod::promqltest
