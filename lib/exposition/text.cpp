#include "lib/exposition/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "lib/text/number.h"
#include "lib/text/utf8.h"

namespace slod {
namespace {

constexpr std::uint8_t name_start = 1;
constexpr std::uint8_t name_part = 2;
constexpr std::uint8_t number_end = 4;  ///< may be the last byte of a value or timestamp

constexpr std::array<std::uint8_t, 256> char_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 0x20] = name_start | name_part;
  for (const unsigned c : {u'_', u':'}) classes[c] = name_start | name_part;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = name_part | number_end;
  for (const unsigned c : {u'n', u'N', u'f', u'F', u'y', u'Y'}) classes[c] |= number_end;
  classes['.'] |= number_end;
  return classes;
}();

bool is(char c, std::uint8_t char_class) {
  return (char_classes[static_cast<unsigned char>(c)] & char_class) != 0;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

const char* name_end(const char* at, const char* end) {
  while (at < end && is(*at, name_part)) ++at;
  return at;
}

/// The closing quote of a text that begins after its opening one and was checked to have one.
const char* closing_quote(const char* at) {
  for (; *at != '"'; ++at) {
    if (*at == '\\') ++at;
  }
  return at;
}

std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      plain += text[i] == 'n' ? '\n' : text[i];
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// The rest of the line as a message quotes it: at most 40 bytes, with nothing unprintable.
std::string found_text(const char* where, const char* end) {
  constexpr std::size_t found_bytes_max = 40;
  if (where >= end) return "the end of the page";
  std::string_view rest = between(where, end);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  if (rest.empty()) return "the end of the line";
  std::string text;
  for (const char c : rest.substr(0, found_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  return fmt::format("'{}'{}", text, rest.size() > found_bytes_max ? "..." : "");
}

}  // namespace

std::string metric_name(const TextSample& sample) {
  assert(!sample.predicted);
  return unescape(sample.metric);
}

std::vector<std::pair<std::string, std::string>> exposed_labels(const TextSample& sample) {
  assert(!sample.predicted);
  std::vector<std::pair<std::string, std::string>> pairs;
  const char* at = sample.labels.data();
  const char* const end = at + sample.labels.size();
  while (at < end) {
    if (*at != '"' && !is(*at, name_start)) {  // a blank or a comma
      ++at;
      continue;
    }
    const bool quoted = *at == '"';
    if (quoted) ++at;
    const char* const name_stop = quoted ? closing_quote(at) : name_end(at, end);
    std::string name = unescape(between(at, name_stop));
    at = name_stop + (quoted ? 1 : 0);
    at = std::find(at, end, '"') + 1;
    const char* const value_stop = closing_quote(at);
    pairs.emplace_back(std::move(name), unescape(between(at, value_stop)));
    at = value_stop + 1;
  }
  return pairs;
}

TextReader::TextReader(std::string_view page, Wants wants)
    : at_(page.data()), end_(page.data() + page.size()), wants_(std::move(wants)) {}

std::expected<bool, TextError> TextReader::next(std::string_view predicted, TextSample& sample) {
  while (at_ < end_) {
    if (take_predicted(predicted, sample)) {
      ++samples_;
      if (auto read = read_value(sample); !read) return std::unexpected(std::move(read.error()));
      return true;
    }
    auto yielded = read_line(sample);
    if (!yielded || *yielded) return yielded;
  }
  return false;
}

bool TextReader::take_predicted(std::string_view predicted, TextSample& sample) {
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (predicted.empty() || left <= predicted.size() || !is_blank(at_[predicted.size()]) ||
      std::memcmp(at_, predicted.data(), predicted.size()) != 0) {
    return false;
  }
  const char* const begin = at_;
  at_ += predicted.size();
  skip_blanks();
  if (at_ < end_ && *at_ == '{') {  // `name {label="x"}`: only the name was the predicted one
    at_ = begin;
    return false;
  }
  sample = {};
  sample.series = between(begin, begin + predicted.size());
  sample.predicted = true;
  return true;
}

/// Passes one line. True: it is a demanded sample.
std::expected<bool, TextError> TextReader::read_line(TextSample& sample) {
  skip_blanks();
  if (at_line_end() || *at_ == '#') {
    skip_line();
    return false;
  }
  bool demanded = false;
  sample = {};
  const char* const begin = at_;
  if (auto read = read_series(sample, demanded); !read) {
    return std::unexpected(std::move(read.error()));
  }
  ++samples_;
  if (!demanded) {
    if (auto skipped = skip_undemanded(begin); !skipped) {
      return std::unexpected(std::move(skipped.error()));
    }
    return false;
  }
  if (auto read = read_value(sample); !read) return std::unexpected(std::move(read.error()));
  return true;
}

/// Reads metric name and labels, or the metric name alone if it is not demanded.
std::expected<void, TextError> TextReader::read_series(TextSample& sample, bool& demanded) {
  const char* const begin = at_;
  if (*at_ == '{') {
    ++at_;
    skip_blanks();
    auto quoted = read_quoted("a metric name in double quotes");
    if (!quoted) return std::unexpected(std::move(quoted.error()));
    if (quoted->empty()) return failure("a metric name that is not empty", begin);
    sample.metric = *quoted;
    skip_blanks();
    if (at_ == end_ || (*at_ != ',' && *at_ != '}')) {
      return failure("',' or '}' after the metric name", at_);
    }
    demanded = wants_(metric_name(sample));
    if (!demanded) return {};
    if (*at_ == ',') ++at_;
    if (auto labels = read_labels(sample); !labels) return labels;
    sample.series = between(begin, at_);
    return {};
  }
  if (!is(*at_, name_start)) return failure("a metric name, '{' or '#'", at_);
  if (const auto left = static_cast<std::size_t>(end_ - at_);
      !last_demanded_ && !last_metric_.empty() && left > last_metric_.size() &&
      !is(at_[last_metric_.size()], name_part) &&
      std::memcmp(at_, last_metric_.data(), last_metric_.size()) == 0) {
    at_ += last_metric_.size();
  } else {
    at_ = name_end(at_, end_);
  }
  if (at_ == end_ || (!is_blank(*at_) && *at_ != '{')) {
    return failure("'{' or a blank after the metric name", at_);
  }
  sample.metric = between(begin, at_);
  demanded = demands(sample.metric);
  if (!demanded) return {};
  sample.series = sample.metric;
  skip_blanks();
  if (at_ == end_ || *at_ != '{') return {};
  ++at_;
  if (auto labels = read_labels(sample); !labels) return labels;
  sample.series = between(begin, at_);
  return {};
}

/// Reads the labels and the closing brace; at_ is behind the opening one, or behind a metric name.
std::expected<void, TextError> TextReader::read_labels(TextSample& sample) {
  const char* const begin = at_;
  names_.clear();
  while (true) {
    skip_blanks();
    if (at_ < end_ && *at_ == '}') break;
    if (auto label = read_label(); !label) return label;
    skip_blanks();
    if (at_ < end_ && *at_ == ',') {
      ++at_;
    } else if (at_ == end_ || *at_ != '}') {
      return failure("',' or '}' after a label", at_);
    }
  }
  sample.labels = between(begin, at_);
  ++at_;
  std::ranges::sort(names_);
  if (const auto twice = std::ranges::adjacent_find(names_); twice != names_.end()) {
    const char* const where = twice->data();
    return failure("each label name once", where);
  }
  return {};
}

std::expected<void, TextError> TextReader::read_label() {
  const char* const begin = at_;
  std::string_view name;
  if (at_ < end_ && *at_ == '"') {
    auto quoted = read_quoted("a label name");
    if (!quoted) return std::unexpected(std::move(quoted.error()));
    name = *quoted;
  } else if (at_ < end_ && is(*at_, name_start) && *at_ != ':') {
    at_ = name_end(at_, end_);
    name = between(begin, at_);
  }
  if (name.empty()) return failure("a label name or '}'", begin);
  if (*begin != '"' && name.find(':') != std::string_view::npos) {
    return failure("a label name of letters, digits and '_'", begin);
  }
  if (name == "__name__") return failure("a label name other than __name__", begin);
  names_.push_back(name);
  skip_blanks();
  if (at_ == end_ || *at_ != '=') return failure("'=' after the label name", at_);
  ++at_;
  skip_blanks();
  auto value = read_quoted("a label value in double quotes");
  if (!value) return std::unexpected(std::move(value.error()));
  return {};
}

/// What is between a pair of double quotes, checked and still escaped.
std::expected<std::string_view, TextError> TextReader::read_quoted(std::string_view what) {
  if (at_ == end_ || *at_ != '"') return failure(what, at_);
  const char* const begin = ++at_;
  bool ascii = true;
  for (; at_ < end_ && *at_ != '"' && *at_ != '\n'; ++at_) {
    ascii = ascii && static_cast<signed char>(*at_) >= 0;
    if (*at_ != '\\') continue;
    ++at_;
    if (at_ == end_ || (*at_ != '\\' && *at_ != '"' && *at_ != 'n')) {
      return failure(R"(one of the escapes \\ \" \n)", at_ - 1);
    }
  }
  if (at_ == end_ || *at_ != '"') return failure("a closing double quote", at_);
  const std::string_view quoted = between(begin, at_);
  if (!ascii && !is_utf8(quoted)) return failure("UTF-8 text", begin);
  ++at_;
  return quoted;
}

/// Reads the value, the timestamp if there is one, and the end of the line.
std::expected<void, TextError> TextReader::read_value(TextSample& sample) {
  skip_blanks();
  const std::string_view value_text = token();
  const auto value = parse_number(value_text);
  if (!value) return failure("a number as the value", at_);
  sample.value = *value;
  at_ += value_text.size();
  skip_blanks();
  if (!at_line_end()) {
    constexpr std::int64_t ms_max = 253'402'300'799'999;  // the end of the year 9999
    const std::string_view time_text = token();
    std::int64_t ms = 0;
    const char* const stop = at_ + time_text.size();
    const auto [parsed, error] = std::from_chars(at_, stop, ms);
    if (parsed != stop || error != std::errc{} || ms > ms_max || ms < -ms_max) {
      return failure("a timestamp in whole milliseconds since 1970, or the end of the line", at_);
    }
    sample.at = Instant(Duration(ms));
    at_ += time_text.size();
    skip_blanks();
    if (!at_line_end()) return failure("the end of the line after the timestamp", at_);
  }
  skip_line();
  return {};
}

/// Passes the rest of a line that is not demanded, if it ends as a sample does. The line begins at
/// `from`, and at_ is somewhere on it.
std::expected<void, TextError> TextReader::skip_undemanded(const char* from) {
  const char* const begin = at_;
  skip_line();
  const char* last = at_;
  if (last[-1] == '\n') --last;
  while (last > begin && (is_blank(last[-1]) || last[-1] == '\r')) --last;
  if (last == begin || !is(last[-1], number_end)) {
    --line_;
    return failure("a sample that ends in a number", from);
  }
  return {};
}

bool TextReader::demands(std::string_view metric) {
  if (metric != last_metric_) {
    last_demanded_ = wants_(metric);
    last_metric_ = metric;
  }
  return last_demanded_;
}

void TextReader::skip_blanks() {
  while (at_ < end_ && is_blank(*at_)) ++at_;
}

void TextReader::skip_line() {
  const void* const feed = std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_));
  at_ = feed == nullptr ? end_ : static_cast<const char*>(feed) + 1;
  ++line_;
}

bool TextReader::at_line_end() const {
  if (at_ == end_ || *at_ == '\n') return true;
  return *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n');
}

/// The bytes up to the next blank or the end of the line.
std::string_view TextReader::token() const {
  const char* stop = at_;
  while (stop < end_ && !is_blank(*stop) && *stop != '\n' && *stop != '\r') ++stop;
  return between(at_, stop);
}

std::unexpected<TextError> TextReader::failure(std::string_view expected, const char* where) const {
  return std::unexpected(
      TextError{line_, fmt::format("expected {}, found {}", expected, found_text(where, end_))});
}

}  // namespace slod
