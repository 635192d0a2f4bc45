#include "daemon/net/retry_after.h"

#include <date/date.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <locale>
#include <sstream>
#include <string>

namespace slod {
namespace {

constexpr Duration longest = std::chrono::days(365);

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  constexpr const char* after_the_day = "%d %b %Y %H:%M:%S GMT";
  if (text.size() != 29 || text.substr(3, 2) != ", ") return std::nullopt;
  const std::string rest(text.substr(5));
  std::istringstream in(rest);
  in.imbue(std::locale::classic());
  date::sys_seconds at;
  in >> date::parse(after_the_day, at);
  // What is read is written differently where the form was another one: "nov", "7 Nov".
  if (in.fail() || date::format(std::locale::classic(), after_the_day, at) != rest) {
    return std::nullopt;
  }
  return at;
}

std::optional<Duration> parse_retry_after(std::string_view value, Instant now) {
  if (is_digits(value)) {
    int wait = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wait);
    // Too many digits for an int are far more than the longest.
    return error == std::errc() ? std::min<Duration>(std::chrono::seconds(wait), longest) : longest;
  }
  const auto at = parse_http_date(value);
  if (!at) return std::nullopt;
  return std::clamp(*at - now, Duration(0), longest);
}

}  // namespace slod
