#include "lib/query/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

#include "lib/json/text.h"
#include "lib/text/number.h"

namespace slod::query {
namespace {

/// From here on to_chars writes digits that are not needed to read the number back.
constexpr double whole_digits_max = 9007199254740992;

std::string_view result_type(promql::ValueType type) {
  switch (type) {
    case promql::ValueType::scalar:
      return "scalar";
    case promql::ValueType::vector:
      return "vector";
    case promql::ValueType::matrix:
      return "matrix";
    case promql::ValueType::string:
      return "string";
  }
  return "";
}

/// What a number takes at most: -0.00000123... with 17 digits.
constexpr std::size_t number_size = 64;
/// What a time takes at most: -9223372036854775.808.
constexpr std::size_t time_size = 24;

/// Writes the number with its quotes, at most number_size bytes; gives the end.
char* write_number(char* out, double value) {
  const auto write = [&out](std::string_view text) { return std::ranges::copy(text, out).out; };
  if (std::isnan(value)) return write(R"("NaN")");
  if (std::isinf(value)) return write(value > 0 ? R"("+Inf")" : R"("-Inf")");
  const double magnitude = std::fabs(value);
  if (magnitude >= whole_digits_max && magnitude < 1e21) {
    *out++ = '"';
    out = write(plain_number(value));
    *out++ = '"';
    return out;
  }
  const bool has_exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  const auto format = has_exponent ? std::chars_format::scientific : std::chars_format::fixed;
  *out++ = '"';
  out = std::to_chars(out, out + number_size - 2, value, format).ptr;
  *out++ = '"';
  return out;
}

/// Writes seconds, at most time_size bytes; gives the end.
char* write_time(char* out, Instant at) {
  const std::int64_t all = at.time_since_epoch().count();
  const auto milliseconds =
      all < 0 ? 0 - static_cast<std::uint64_t>(all) : static_cast<std::uint64_t>(all);
  if (all < 0) *out++ = '-';
  out = std::to_chars(out, out + time_size - 5, milliseconds / 1000).ptr;
  const auto rest = milliseconds % 1000;
  return rest == 0 ? out : fmt::format_to(out, ".{:03}", rest);
}

void append_histogram(std::string& out, const NativeHistogram& histogram) {
  out += R"({"count":)";
  append_number(out, histogram.count);
  out += R"(,"sum":)";
  append_number(out, histogram.sum);
  const char* separator = R"(,"buckets":[)";
  const auto buckets = ranges(histogram);
  for (const NativeHistogram::Range& bucket : buckets) {
    fmt::format_to(std::back_inserter(out), "{}[{},", separator, boundary_rule(bucket));
    append_number(out, bucket.lower);
    out += ',';
    append_number(out, bucket.upper);
    out += ',';
    append_number(out, bucket.count);
    out += ']';
    separator = ",";
  }
  out += buckets.empty() ? "}" : "]}";
}

/// What a sample takes at most, with its brackets and a comma.
constexpr std::size_t sample_size = time_size + number_size + 8;

/// The text before each value of a series, `[1767436620,`. The series of a range query usually have
/// the same times, so the texts of the previous series are kept.
class TimeTexts {
 public:
  /// Writes the text for the time of the sample at `index`; gives the end.
  char* write(char* out, std::size_t index, Instant at) {
    if (index >= texts_.size()) texts_.resize(index + 1);
    Text& text = texts_[index];
    if (text.size == 0 || text.at != at) text = made(at);
    std::memcpy(out, text.bytes.data(), text.bytes.size());  // of a fixed size, which is quicker
    return out + text.size;
  }

 private:
  struct Text {
    Instant at;
    std::size_t size = 0;
    std::array<char, time_size + 2> bytes;
  };

  static Text made(Instant at) {
    Text text{.at = at, .bytes = {'['}};
    char* end = write_time(text.bytes.data() + 1, at);
    *end++ = ',';
    text.size = static_cast<std::size_t>(end - text.bytes.data());
    return text;
  }

  std::vector<Text> texts_;
};

char* write_float_at(char* out, const SampleRun& run, std::size_t index, TimeTexts& times) {
  out = times.write(out, index, run.times[index]);
  out = write_number(out, run.values[index]);
  *out++ = ']';
  return out;
}

/// The samples of a series that has only floats.
void append_values(std::string& out, const SampleRun& run, TimeTexts& times) {
  if (run.times.empty()) return;
  out += R"(,"values":[)";
  // Space for all of them at once, which is faster than making room for each.
  constexpr std::size_t batch = 32;
  for (std::size_t first = 0; first < run.times.size(); first += batch) {
    const std::size_t last = std::min(first + batch, run.times.size());
    const std::size_t before = out.size();
    out.resize_and_overwrite(before + batch * sample_size, [&](char* text, std::size_t) {
      char* end = text + before;
      for (std::size_t i = first; i < last; ++i) {
        if (i > 0) *end++ = ',';
        end = write_float_at(end, run, i, times);
      }
      return end - text;
    });
  }
  out += ']';
}

void append_float_at(std::string& out, const SampleRun& run, std::size_t index, TimeTexts& times) {
  std::array<char, sample_size> text{};
  out.append(text.data(), write_float_at(text.data(), run, index, times));
}

void append_histogram_at(std::string& out, const SampleRun& run, std::size_t index) {
  out += '[';
  append_time(out, run.times[index]);
  out += ',';
  append_histogram(out, *run.histograms[index]);
  out += ']';
}

bool is_histogram(const SampleRun& run, std::size_t index) {
  return !run.histograms.empty() && run.histograms[index] != nullptr;
}

/// One element of an instant vector.
void append_sample(std::string& out, const SampleRun& run, TimeTexts& times) {
  out += R"({"metric":)";
  append_labels(out, run.labels);
  if (is_histogram(run, 0)) {
    out += R"(,"histogram":)";
    append_histogram_at(out, run, 0);
  } else {
    out += R"(,"value":)";
    append_float_at(out, run, 0, times);
  }
  out += '}';
}

/// One series of a matrix. A list without samples is left out.
void append_series(std::string& out, const SampleRun& run, TimeTexts& times) {
  out += R"({"metric":)";
  append_labels(out, run.labels);
  const auto append_list = [&](std::string_view name, bool of_histograms, auto append_at) {
    bool is_first = true;
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      if (is_histogram(run, i) != of_histograms) continue;
      if (is_first) fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
      if (!is_first) out += ',';
      is_first = false;
      append_at(i);
    }
    if (!is_first) out += ']';
  };
  if (run.histograms.empty()) {
    append_values(out, run, times);
  } else {
    append_list("values", false, [&](std::size_t i) { append_float_at(out, run, i, times); });
    append_list("histograms", true, [&](std::size_t i) { append_histogram_at(out, run, i); });
  }
  out += '}';
}

/// About how long the text will be, so that it does not move while it grows.
std::size_t expected_size(const Result& result) {
  std::size_t size = 100;
  for (const SampleRun& run : result.series) size += 200 + 40 * run.times.size();
  return size;
}

}  // namespace

void append_time(std::string& out, Instant at) {
  std::array<char, number_size> text{};
  out.append(text.data(), write_time(text.data(), at));
}

void append_number(std::string& out, double value) {
  std::array<char, number_size> text{};
  out.append(text.data(), write_number(text.data(), value));
}

void append_labels(std::string& out, const Labels& labels) {
  out += '{';
  bool is_first = true;
  for (const auto& [name, value] : labels.pairs()) {
    if (!is_first) out += ',';
    is_first = false;
    append_json_text(out, name);
    out += ':';
    append_json_text(out, value);
  }
  out += '}';
}

bool append_open(std::string& out, const Result& result, Instant at,
                 const IsUnwanted& is_unwanted) {
  out.reserve(out.size() + expected_size(result));
  fmt::format_to(std::back_inserter(out), R"({{"resultType":"{}","result":)",
                 result_type(result.type));
  out += '[';
  if (result.type == promql::ValueType::scalar || result.type == promql::ValueType::string) {
    append_time(out, at);
    out += ',';
    if (result.type == promql::ValueType::scalar) {
      append_number(out, result.scalar);
    } else {
      append_json_text(out, result.string);
    }
  } else {
    const auto append = result.type == promql::ValueType::vector ? append_sample : append_series;
    TimeTexts times;
    bool is_first = true;
    for (const SampleRun& run : result.series) {
      if (is_unwanted && is_unwanted()) return false;
      if (!is_first) out += ',';
      is_first = false;
      append(out, run, times);
    }
  }
  out += ']';
  return true;
}

}  // namespace slod::query
