#include "lib/alert/fields.h"

#include <fmt/format.h>

#include <cmath>

#include "lib/alert/plain_text.h"
#include "lib/json/text.h"
#include "lib/text/number.h"

namespace slod::alert {
namespace {

constexpr double seconds_max = 1e11;  // 3,000 years: far from where milliseconds overflow

std::optional<double> finite(const boost::json::value& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.to_number<double>();
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

void Fields::fail(std::string message) {
  if (problem_.empty()) problem_ = std::move(message);
}

void Fields::expected(std::string_view key, std::string_view what) {
  const boost::json::value* member = object_.if_contains(key);
  fail(fmt::format("expected \"{}\" to be {}, found {}", key, what,
                   member == nullptr ? "nothing" : cut(json_text(*member), 80)));
}

const boost::json::value* Fields::present(std::string_view key) const {
  const boost::json::value* member = object_.if_contains(key);
  return member == nullptr || member->is_null() ? nullptr : member;
}

void Fields::text(std::string_view key, std::string& out) {
  const boost::json::value* member = object_.if_contains(key);
  if (member == nullptr || !member->is_string()) return expected(key, "a text");
  out = std::string_view(member->get_string());
}

void Fields::number(std::string_view key, double& out) {
  const boost::json::value* member = object_.if_contains(key);
  const auto number = member == nullptr ? std::nullopt : finite(*member);
  if (!number) return expected(key, "a number");
  out = *number;
}

void Fields::number_text(std::string_view key, double& out) {
  std::string written;
  text(key, written);
  if (const auto number = parse_number(written)) {
    out = *number;
  } else {
    expected(key, "a number as a text");
  }
}

void Fields::texts(std::string_view key, std::map<std::string, std::string>& out) {
  const boost::json::value* member = object_.if_contains(key);
  if (member == nullptr || !member->is_object()) return expected(key, "names and texts");
  for (const auto& [name, text] : member->get_object()) {
    if (!text.is_string()) return expected(key, "names and texts");
    out.emplace(std::string_view(name), std::string_view(text.get_string()));
  }
}

void Fields::boolean(std::string_view key, bool& out) {
  const boost::json::value* member = object_.if_contains(key);
  if (member == nullptr || !member->is_bool()) return expected(key, "true or false");
  out = member->get_bool();
}

void Fields::seconds(std::string_view key, Duration& out) {
  double number = -1;
  Fields::number(key, number);
  if (!(number >= 0 && number <= seconds_max)) return expected(key, "a length of time in seconds");
  out = duration_from_seconds(number);
}

void Fields::instant(std::string_view key, Instant& out) {
  const boost::json::value* member = object_.if_contains(key);
  if (member == nullptr || !member->is_string()) return expected(key, "an RFC 3339 time");
  const auto read = parse_instant(std::string_view(member->get_string()));
  if (!read) return expected(key, "an RFC 3339 time");
  out = *read;
}

void Fields::number(std::string_view key, std::optional<double>& out) {
  out = std::nullopt;
  if (present(key) == nullptr) return;
  double number_read = 0;
  number(key, number_read);
  if (problem_.empty()) out = number_read;
}

void Fields::instant(std::string_view key, std::optional<Instant>& out) {
  out = std::nullopt;
  if (present(key) == nullptr) return;
  Instant instant_read;
  instant(key, instant_read);
  if (problem_.empty()) out = instant_read;
}

}  // namespace slod::alert
