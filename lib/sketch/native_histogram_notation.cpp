#include "lib/sketch/native_histogram_notation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/sketch/exponential_buckets.h"
#include "lib/text/number.h"

namespace slod {
namespace {

using ResetHint = NativeHistogram::ResetHint;

/// The value of a key: the text after the colon, in brackets for a list.
struct Value {
  std::string_view text;
  std::size_t at = 0;  ///< where it begins, in bytes
};

std::string expected(std::string_view what, std::size_t at, std::string_view found) {
  if (found.empty()) return fmt::format("expected {} at byte {}, found the end", what, at);
  return fmt::format("expected {} at byte {}, found '{}'", what, at, found);
}

std::optional<std::int32_t> integer(std::string_view text) {
  const std::optional<double> value = parse_number(text);
  constexpr double most = std::numeric_limits<std::int32_t>::max();
  if (!value || std::fabs(*value) > most || std::trunc(*value) != *value) return std::nullopt;
  return static_cast<std::int32_t>(*value);
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/// Splits "key:value key:[value value]" into keys and values.
class Notation {
 public:
  explicit Notation(std::string_view text) : text_(text) {}

  std::expected<std::map<std::string_view, Value>, std::string> read() {
    if (!text_.starts_with("{{")) return std::unexpected(expected("'{{'", 0, text_.substr(0, 2)));
    at_ = 2;
    std::map<std::string_view, Value> values;
    while (true) {
      skip_spaces();
      if (text_.substr(at_) == "}}") return values;
      auto pair = read_pair();
      if (!pair) return std::unexpected(std::move(pair.error()));
      const std::string_view key = pair->first;
      if (!values.emplace(*pair).second) {
        return std::unexpected(fmt::format("expected each key once, found '{}' twice", key));
      }
    }
  }

 private:
  std::expected<std::pair<std::string_view, Value>, std::string> read_pair() {
    const std::size_t begin = at_;
    const std::size_t colon = text_.find_first_of(": \t[]{}", begin);
    if (colon == std::string_view::npos || text_[colon] != ':' || colon == begin) {
      return std::unexpected(expected("'}}' or a key and ':'", begin, text_.substr(begin, 20)));
    }
    const std::string_view key = text_.substr(begin, colon - begin);
    at_ = colon + 1;
    skip_spaces();
    const std::size_t value = at_;
    const bool list = text_.substr(value).starts_with('[');
    const std::size_t end = text_.find_first_of(list ? "]}" : " \t}", value);
    if (end == std::string_view::npos || (list && text_[end] != ']')) {
      return std::unexpected(
          expected(list ? "']'" : "'}}'", std::min(end, text_.size()), text_.substr(value, 20)));
    }
    at_ = list ? end + 1 : end;
    return std::pair(key, Value{text_.substr(value, at_ - value), value});
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::expected<std::vector<double>, std::string> list_of(Value value) {
  std::string_view text = value.text;
  if (!text.starts_with('[')) {
    return std::unexpected(expected("numbers in '[' and ']'", value.at, text));
  }
  text = text.substr(1, text.size() - 2);
  std::vector<double> numbers;
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::optional<double> read = parse_number(word);
    if (!read) return std::unexpected(expected("a number", value.at + 1 + at, word));
    numbers.push_back(*read);
    at = end;
  }
  return numbers;
}

std::optional<ResetHint> hint_of(std::string_view text) {
  if (text == "unknown") return ResetHint::unknown;
  if (text == "reset") return ResetHint::reset;
  if (text == "not_reset") return ResetHint::not_reset;
  if (text == "gauge") return ResetHint::gauge;
  return std::nullopt;
}

/// Takes keys out one by one, so that what is left is unknown, and keeps the first error.
class Values {
 public:
  explicit Values(std::map<std::string_view, Value> values) : values_(std::move(values)) {}

  void take(std::string_view key, double& number_read) {
    const std::optional<Value> value = taken(key);
    if (!value) return;
    const std::optional<double> read = parse_number(value->text);
    if (read) number_read = *read;
    if (!read) fail(expected(fmt::format("a number for {}", key), value->at, value->text));
  }

  void take(std::string_view key, std::int32_t& integer_read) {
    const std::optional<Value> value = taken(key);
    if (!value) return;
    const std::optional<std::int32_t> read = integer(value->text);
    if (read) integer_read = *read;
    if (!read) fail(expected(fmt::format("a whole number for {}", key), value->at, value->text));
  }

  void take(std::string_view key, std::vector<double>& list_read) {
    const std::optional<Value> value = taken(key);
    if (!value) return;
    auto read = list_of(*value);
    if (read) list_read = std::move(*read);
    if (!read) fail(std::move(read.error()));
  }

  /// Whether there was such a key.
  bool take(std::string_view key, ResetHint& hint_read) {
    const std::optional<Value> value = taken(key);
    if (!value) return false;
    const std::optional<ResetHint> read = hint_of(value->text);
    if (read) hint_read = *read;
    if (!read) fail(expected("unknown, reset, not_reset or gauge", value->at, value->text));
    return true;
  }

  /// The first error; an unknown key is one.
  std::optional<std::string> error() const {
    if (error_ || values_.empty()) return error_;
    return expected(
        "one of schema, sum, count, z_bucket, z_bucket_w, buckets, offset, n_buckets, n_offset, "
        "custom_values and counter_reset_hint",
        values_.begin()->second.at - values_.begin()->first.size() - 1, values_.begin()->first);
  }

 private:
  std::optional<Value> taken(std::string_view key) {
    auto node = values_.extract(key);
    return node ? std::optional(node.mapped()) : std::nullopt;
  }

  void fail(std::string error) {
    if (!error_) error_ = std::move(error);
  }

  std::map<std::string_view, Value> values_;
  std::optional<std::string> error_;
};

std::vector<NativeHistogram::Bucket> buckets_from(std::int32_t offset,
                                                  const std::vector<double>& counts) {
  std::vector<NativeHistogram::Bucket> buckets;
  buckets.reserve(counts.size());
  for (const double count : counts) buckets.push_back({offset++, count});
  return buckets;
}

std::optional<std::string> error_in_custom(const NativeHistogram& histogram) {
  const std::vector<double>& bounds = histogram.custom_bounds;
  if (!std::ranges::is_sorted(bounds, std::less_equal()) ||
      std::ranges::any_of(bounds, [](double bound) { return std::isnan(bound); })) {
    return "expected custom_values to rise, found some that do not";
  }
  if (!histogram.negative.empty() || histogram.zero_count != 0 || histogram.zero_threshold != 0) {
    return "expected custom buckets alone with schema -53, found a zero bucket or negative ones";
  }
  if (histogram.positive.empty()) return std::nullopt;
  if (histogram.positive.front().index < 0 ||
      histogram.positive.back().index > std::ssize(bounds)) {
    return fmt::format("expected at most {} buckets for {} custom_values, found indices {} to {}",
                       bounds.size() + 1, bounds.size(), histogram.positive.front().index,
                       histogram.positive.back().index);
  }
  return std::nullopt;
}

std::optional<std::string> error_in(const NativeHistogram& histogram) {
  if (histogram.uses_custom_buckets()) return error_in_custom(histogram);
  if (histogram.schema < schema_min || histogram.schema > schema_max) {
    return fmt::format("expected a schema from {} to {} or {}, found {}", schema_min, schema_max,
                       NativeHistogram::custom_buckets, histogram.schema);
  }
  if (!histogram.custom_bounds.empty()) {
    return fmt::format("expected custom_values with schema {} only, found them with {}",
                       NativeHistogram::custom_buckets, histogram.schema);
  }
  if (!(histogram.zero_threshold >= 0) || std::isinf(histogram.zero_threshold)) {
    return fmt::format("expected a finite z_bucket_w of at least 0, found {}",
                       histogram.zero_threshold);
  }
  return std::nullopt;
}

}  // namespace

std::expected<NotedHistogram, std::string> from_notation(std::string_view text) {
  auto read = Notation(text).read();
  if (!read) return std::unexpected(std::move(read.error()));
  Values values(std::move(*read));
  NotedHistogram noted;
  NativeHistogram& histogram = noted.histogram;
  std::int32_t offset = 0;
  std::int32_t negative_offset = 0;
  std::vector<double> positive;
  std::vector<double> negative;
  values.take("schema", histogram.schema);
  values.take("sum", histogram.sum);
  values.take("count", histogram.count);
  values.take("z_bucket", histogram.zero_count);
  values.take("z_bucket_w", histogram.zero_threshold);
  values.take("custom_values", histogram.custom_bounds);
  values.take("buckets", positive);
  values.take("offset", offset);
  values.take("n_buckets", negative);
  values.take("n_offset", negative_offset);
  noted.hint_given = values.take("counter_reset_hint", histogram.hint);
  if (auto error = values.error()) return std::unexpected(std::move(*error));

  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (offset + std::ssize(positive) > most || negative_offset + std::ssize(negative) > most) {
    return std::unexpected(fmt::format("expected bucket indices up to {}, found more", most));
  }
  histogram.positive = buckets_from(offset, positive);
  histogram.negative = buckets_from(negative_offset, negative);
  if (auto error = error_in(histogram)) return std::unexpected(std::move(*error));
  return noted;
}

}  // namespace slod
