#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>
#include <limits>

#include "lib/promql/parser.h"
#include "lib/series/sample_source.h"
#include "lib/sketch/native_histogram.h"
#include "lib/sketch/native_histogram_notation.h"
#include "lib/sketch/native_histogram_sum.h"
#include "tests/promqltest/script.h"

namespace slod::promqltest {
namespace {

using query::Point;

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t';
}

/// Where the series ends and its values begin: after the braces, quotes within them respected.
std::size_t end_of_series(std::string_view line) {
  char quote = 0;
  bool in_braces = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char byte = line[at];
    if (quote != 0) {
      if (byte == '\\' && quote != '`') ++at;
      if (byte == quote) quote = 0;
    } else if (byte == '"' || byte == '\'' || byte == '`') {
      quote = byte;
    } else if (byte == '{') {
      in_braces = true;
    } else if (byte == '}') {
      return at + 1;
    } else if (is_blank(byte) && !in_braces) {
      // A name may be apart from its braces: `metric {}`.
      const std::size_t next = line.find_first_not_of(" \t", at);
      if (next == std::string_view::npos || line[next] != '{' ||
          line.substr(next).starts_with("{{")) {
        return at;
      }
    }
  }
  return line.size();
}

std::expected<Labels, std::string> parse_labels(std::string_view text) {
  const std::size_t open = text.find('{');
  if (open != std::string_view::npos &&
      text.find_first_not_of(" \t", open + 1) == text.find('}', open) && open == 0) {
    return Labels{};
  }
  const auto parsed = promql::parse(text);
  if (!parsed) return std::unexpected(parsed.error().text(text));
  const auto* selector = std::get_if<promql::VectorSelector>(&(*parsed)->node);
  if (selector == nullptr) return std::unexpected(fmt::format("expected a series, found {}", text));
  Labels labels;
  for (const promql::Matcher& matcher : selector->matchers) {
    if (matcher.operation() != promql::Matcher::Operation::equal) {
      return std::unexpected(fmt::format("expected labels with values, found {}", text));
    }
    labels.set(matcher.label(), matcher.value());
  }
  return labels;
}

/// Reads the words after the series: numbers, histograms, `_`, `stale`, with `+bxN`, `-bxN`, `xN`.
class Values {
 public:
  explicit Values(std::string_view text) : text_(text) {}

  std::expected<void, std::string> read(SeriesLine& series) {
    skip_blanks();
    while (at_ < text_.size()) {
      auto done = read_item(series);
      if (!done) return done;
      if (at_ < text_.size() && !is_blank(text_[at_])) return failure("a blank");
      skip_blanks();
    }
    return {};
  }

 private:
  std::unexpected<std::string> failure(std::string_view expected) const {
    return std::unexpected(fmt::format("expected {}, found {:?}", expected, text_.substr(at_, 30)));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::expected<void, std::string> read_item(SeriesLine& series) {
    if (take("_")) {
      const auto times = repetitions();
      if (!times) return std::unexpected(times.error());
      series.values.resize(series.values.size() + std::max<std::size_t>(*times, 1));
      return {};
    }
    if (take("stale")) {
      series.values.push_back({.point = Point(stale_marker())});
      return {};
    }
    if (text_.substr(at_).starts_with("{{")) return read_histograms(series);
    return read_numbers(series);
  }

  /// `xN`; 0 where there is none.
  std::expected<std::size_t, std::string> repetitions() {
    if (!take("x")) return 0;
    std::size_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{} || value > 1'000'000) return failure("a number of repetitions");
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  std::expected<double, std::string> number() {
    static const re2::RE2 pattern(R"(^([+-]?(?:[iI][nN][fF]|[nN][aA][nN]|)"
                                  R"((?:[0-9_]+\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)))");
    const std::string_view rest = text_.substr(at_);
    re2::StringPiece found;
    if (!re2::RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), pattern, &found)) {
      return failure("a number");
    }
    std::string digits(found.data(), found.size());
    at_ += digits.size();
    if (digits.starts_with('+')) digits.erase(0, 1);
    std::erase(digits, '_');
    return std::strtod(digits.c_str(), nullptr);
  }

  std::expected<void, std::string> read_numbers(SeriesLine& series) {
    const auto first = number();
    if (!first) return std::unexpected(first.error());
    double step = 0;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) {
      const auto increment = number();
      if (!increment) return std::unexpected(increment.error());
      step = *increment;
      if (at_ >= text_.size() || text_[at_] != 'x') return failure("x and a number of repetitions");
    }
    const auto times = repetitions();
    if (!times) return std::unexpected(times.error());
    double value = *first;
    for (std::size_t i = 0; i <= *times; ++i, value += step) {
      series.values.push_back({.point = Point(value)});
    }
    return {};
  }

  std::expected<NotedHistogram, std::string> histogram() {
    const std::size_t end = text_.find("}}", at_);
    if (end == std::string_view::npos) return failure("}} at the end of the histogram");
    const std::string_view notation = text_.substr(at_, end + 2 - at_);
    at_ = end + 2;
    return from_notation(notation);
  }

  std::expected<void, std::string> read_histograms(SeriesLine& series) {
    auto value = histogram();
    if (!value) return std::unexpected(value.error());
    std::optional<NativeHistogram> step;
    const bool falls = at_ < text_.size() && text_[at_] == '-';
    if (falls || (at_ < text_.size() && text_[at_] == '+')) {
      ++at_;
      auto increment = histogram();
      if (!increment) return std::unexpected(increment.error());
      if (at_ >= text_.size() || text_[at_] != 'x') return failure("x and a number of repetitions");
      step = std::move(increment->histogram);
    }
    const auto times = repetitions();
    if (!times) return std::unexpected(times.error());
    NativeHistogram current = std::move(value->histogram);
    for (std::size_t i = 0; i <= *times; ++i) {
      series.values.push_back({.point = Point(std::make_shared<const NativeHistogram>(current)),
                               .hint_given = value->hint_given});
      if (!step) continue;
      auto next = falls ? subtract(current, *step) : add(current, *step);
      if (!next) return std::unexpected(next.error());
      current = std::move(next->histogram);
      compact(current);
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::expected<SeriesLine, std::string> parse_series(std::string_view line) {
  const std::size_t end = end_of_series(line);
  SeriesLine series;
  auto labels = parse_labels(line.substr(0, end));
  if (!labels) return std::unexpected(labels.error());
  series.labels = std::move(*labels);
  auto read = Values(line.substr(end)).read(series);
  if (!read) return std::unexpected(read.error());
  return series;
}

std::expected<Duration, std::string> parse_offset(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  Duration value{};
  if (auto duration = parse_duration(text)) {
    value = *duration;
  } else {
    double seconds_value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), seconds_value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return std::unexpected(fmt::format("expected a time, found {:?}", text));
    }
    value = duration_from_seconds(seconds_value);
  }
  return is_negative ? -value : value;
}

}  // namespace slod::promqltest
