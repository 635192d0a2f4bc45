#include "daemon/api/prometheus/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "daemon/api/prometheus/ending.h"
#include "lib/promql/literal.h"
#include "lib/promql/parser.h"
#include "lib/text/go_string.h"
#include "lib/text/number.h"

namespace slod::prometheus_api {
namespace {

/// What is said where any number of results would be too many.
constexpr std::string_view limit_name = "limit";

Instant within_bounds(double seconds_since_epoch) {
  const double bound = unix_seconds(latest);
  if (seconds_since_epoch >= bound) return latest;
  if (seconds_since_epoch <= -bound) return earliest;
  return Instant(duration_from_seconds(seconds_since_epoch));
}

}  // namespace

std::string_view parameter(const Request& request, std::string_view name) {
  const std::string* value = request.parameter(name);
  return value ? std::string_view(*value) : std::string_view();
}

Failure invalid_parameter(std::string_view name, std::string_view why) {
  return {ErrorType::bad_data, fmt::format("invalid parameter \"{}\": {}", name, why)};
}

std::expected<Instant, std::string> read_time(std::string_view text) {
  const auto number = parse_number(text);
  if (number && !std::isnan(*number)) return within_bounds(*number);
  const auto at = parse_instant(text);
  if (at && !number) return std::clamp(*at, earliest, latest);
  return std::unexpected(fmt::format("cannot parse {} to a valid timestamp", go_quoted(text)));
}

std::expected<Duration, std::string> read_duration(std::string_view text) {
  const auto refuse = [text](std::string_view more) {
    return std::unexpected(
        fmt::format("cannot parse {} to a valid duration{}", go_quoted(text), more));
  };
  if (const auto number = parse_number(text)) {
    if (!(std::fabs(*number) <= promql::duration_seconds_max)) {
      return refuse(". It overflows int64");
    }
    return duration_from_seconds(*number);
  }
  const auto duration = parse_duration(text);
  if (!duration || seconds(*duration) > promql::duration_seconds_max) return refuse("");
  return *duration;
}

std::expected<long long, std::string> read_whole(std::string_view text, std::string_view function) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  long long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_sign_twice = text.starts_with("+-");
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size() ||
      is_sign_twice) {
    return std::unexpected(
        fmt::format("strconv.{}: parsing {}: invalid syntax", function, go_quoted(text)));
  }
  if (error == std::errc::result_out_of_range) {
    return std::unexpected(
        fmt::format("strconv.{}: parsing {}: value out of range", function, go_quoted(text)));
  }
  return value;
}

std::expected<Instant, Failure> time_parameter(const Request& request, std::string_view name,
                                               Instant otherwise) {
  const std::string_view text = parameter(request, name);
  if (text.empty()) return otherwise;
  const auto at = read_time(text);
  if (at) return *at;
  return std::unexpected(
      invalid_parameter(name, fmt::format("invalid time value for '{}': {}", name, at.error())));
}

std::expected<std::optional<std::size_t>, Failure> limit_parameter(const Request& request) {
  const std::string_view text = parameter(request, limit_name);
  if (text.empty()) return std::nullopt;
  const auto limit = read_whole(text, "Atoi");
  if (!limit) return std::unexpected(invalid_parameter(limit_name, limit.error()));
  if (*limit < 0) {
    return std::unexpected(invalid_parameter(limit_name, "limit must be non-negative"));
  }
  if (*limit == 0) return std::nullopt;
  return static_cast<std::size_t>(*limit);
}

std::vector<std::string> match_parameters(const Request& request) {
  std::vector<std::string> texts;
  for (const std::string_view text : request.parameters("match[]")) texts.emplace_back(text);
  return texts;
}

std::expected<std::vector<std::vector<promql::Matcher>>, std::string> read_matches(
    const std::vector<std::string>& texts, const std::stop_token& stop) {
  std::vector<std::vector<promql::Matcher>> all;
  for (const std::string& text : texts) {
    auto matchers =
        promql::parse_matchers(text, {.is_unwanted = [&stop] { return has_to_end(stop); }});
    if (has_to_end(stop)) return std::unexpected("the request was ended");
    if (!matchers) return std::unexpected(matchers.error().text(text));
    all.push_back(std::move(*matchers));
  }
  return all;
}

}  // namespace slod::prometheus_api
