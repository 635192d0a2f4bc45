#include "lib/query/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "lib/json/text.h"
#include "lib/query/go_number.h"

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

/// What a number or a time takes at most: -0.00000123... with 17 digits.
constexpr std::size_t number_size = 64;

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

/// Writes seconds, at most number_size bytes; gives the end.
char* write_time(char* out, Instant at) {
  const std::int64_t all = at.time_since_epoch().count();
  const auto milliseconds =
      all < 0 ? 0 - static_cast<std::uint64_t>(all) : static_cast<std::uint64_t>(all);
  if (all < 0) *out++ = '-';
  out = std::to_chars(out, out + number_size - 8, milliseconds / 1000).ptr;
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

void append_float_at(std::string& out, const SampleRun& run, std::size_t index) {
  std::array<char, 2 * number_size + 3> text{};
  char* end = text.data();
  *end++ = '[';
  end = write_time(end, run.times[index]);
  *end++ = ',';
  end = write_number(end, run.values[index]);
  *end++ = ']';
  out.append(text.data(), end);
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
void append_sample(std::string& out, const SampleRun& run) {
  out += R"({"metric":)";
  append_labels(out, run.labels);
  if (is_histogram(run, 0)) {
    out += R"(,"histogram":)";
    append_histogram_at(out, run, 0);
  } else {
    out += R"(,"value":)";
    append_float_at(out, run, 0);
  }
  out += '}';
}

/// One series of a matrix. A list without samples is left out.
void append_series(std::string& out, const SampleRun& run) {
  out += R"({"metric":)";
  append_labels(out, run.labels);
  const auto append_list = [&](std::string_view name, bool of_histograms, auto append_at) {
    bool is_first = true;
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      if (is_histogram(run, i) != of_histograms) continue;
      if (is_first) fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
      if (!is_first) out += ',';
      is_first = false;
      append_at(out, run, i);
    }
    if (!is_first) out += ']';
  };
  append_list("values", false, append_float_at);
  if (!run.histograms.empty()) append_list("histograms", true, append_histogram_at);
  out += '}';
}

/// About how long the text will be, so that it does not move while it grows.
std::size_t expected_size(const Result& result) {
  std::size_t size = 100;
  for (const SampleRun& run : result.series) size += 200 + 36 * run.times.size();
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

std::string open_json(const Result& result, Instant at) {
  std::string out;
  out.reserve(expected_size(result));
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
    bool is_first = true;
    for (const SampleRun& run : result.series) {
      if (!is_first) out += ',';
      is_first = false;
      result.type == promql::ValueType::vector ? append_sample(out, run) : append_series(out, run);
    }
  }
  out += ']';
  return out;
}

}  // namespace slod::query
