#include "lib/config/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace slod::config {
namespace {

constexpr const char* duration_pattern = "^([0-9]+(ms|[smhdwy]))+$|^0$";
constexpr const char* url_pattern = "^[hH][tT][tT][pP][sS]?://";

std::unexpected<std::string> wrong(std::string_view expected, std::string_view found) {
  return std::unexpected(fmt::format("expected {}, found \"{}\"", expected, found));
}

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> finite(std::string_view text) {
  const auto value = number_of<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_visible(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
}

/// The number that stands before a percent sign, divided by 100 in the decimal text, so that 99.9%
/// is the same double as 0.999.
std::optional<double> percent_of(std::string_view digits) {
  if (digits.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  return finite(std::string(digits) + "e-2");
}

/// Boost.URL 1.81's port_number takes 99999 modulo 65536.
bool is_no_port_or_a_port(const boost::urls::url_view& url) {
  const std::string_view port = url.port();
  return !url.has_port() || number_of<std::uint16_t>(port).value_or(0) != 0;
}

enum class UrlUse { page, request, base };

std::expected<std::string, std::string> checked_url(const std::string& text, UrlUse use) {
  constexpr std::string_view expected = "a URL such as https://example.org:8443/path";
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return wrong(expected, text);
  const auto& url = parsed.value();
  if (url.scheme_id() != boost::urls::scheme::http &&
      url.scheme_id() != boost::urls::scheme::https) {
    return wrong("a URL that starts with http:// or https://", text);
  }
  if (url.host().empty() || !is_no_port_or_a_port(url)) return wrong(expected, text);
  if (url.has_userinfo()) {
    return std::unexpected("expected a URL without user and password, found one with them");
  }
  if (use == UrlUse::page) return text;
  if (url.has_fragment()) return wrong("a URL without #", text);
  if (use == UrlUse::request) return text;
  if (url.has_query()) return wrong("a URL without a query", text);
  return text.substr(0, text.find_last_not_of('/') + 1);
}

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = number_of<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    const bool is_ipv6 =
        host.find(':') != std::string_view::npos && std::ranges::all_of(host, [](char c) {
          return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                 c == '.';
        });
    if (!is_ipv6) return std::nullopt;
  } else if (!std::ranges::all_of(host, [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
             })) {
    return std::nullopt;
  }
  return HostPort{std::string(host), *port};
}

constexpr std::string_view label_pattern = R"(^[A-Za-z_][A-Za-z0-9_]*$)";

bool is_label_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace

Scalar<std::string> text() {
  return {"a text", [](const std::string& found) -> std::expected<std::string, std::string> {
            if (found.find_first_not_of(" \t\r\n") == std::string::npos) {
              return wrong("a text", found);
            }
            return found;
          }};
}

Scalar<std::string> name() {
  return {"a name",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            constexpr std::size_t name_bytes_max = 100;
            const bool fits = std::ranges::all_of(found, [](char c) {
              return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
            });
            const bool only_dots = found.find_first_not_of('.') == std::string::npos;
            if (!fits || only_dots || found.size() > name_bytes_max) {
              return wrong("a name of letters, digits, _, - and . with at most 100 characters",
                           found);
            }
            return found;
          },
          R"(^[A-Za-z0-9_.-]{1,100}$)"};
}

Scalar<std::string> replica_label() {
  return {"a label name",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            if (!is_label_name(found)) return wrong("a label name of letters, digits and _", found);
            if (found == "le" || found == "job" || found == "instance" || found == "__name__") {
              return wrong("a label that tells replicas of one series apart", found);
            }
            return found;
          },
          std::string(label_pattern)};
}

Scalar<std::string> label_name() {
  return {"a label name",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            if (!is_label_name(found)) return wrong("a label name of letters, digits and _", found);
            if (found.starts_with("__"))
              return wrong("a label name that does not start with __", found);
            return found;
          },
          std::string(label_pattern)};
}

Scalar<Duration> duration(Duration least, Duration most) {
  return {"a duration such as 30s",
          [least, most](const std::string& found) -> std::expected<Duration, std::string> {
            const auto value = parse_duration(found);
            if (!value) return std::unexpected(value.error());
            if (*value < least || *value > most) {
              return wrong(fmt::format("a duration from {} to {}", format_duration(least),
                                       format_duration(most)),
                           found);
            }
            return *value;
          },
          duration_pattern};
}

Scalar<double> seconds_of_duration() {
  return {"a duration such as 500ms",
          [](const std::string& found) -> std::expected<double, std::string> {
            const auto value = parse_duration(found);
            if (!value) return std::unexpected(value.error());
            if (value->count() == 0) return wrong("a duration above zero", found);
            return seconds(*value);
          },
          duration_pattern};
}

Scalar<double> ratio(double least, double most, bool open) {
  return {"a ratio such as 99.9% or 0.999",
          [least, most, open](const std::string& found) -> std::expected<double, std::string> {
            const bool is_percent = found.ends_with('%');
            const std::optional<double> value =
                is_percent ? percent_of(std::string_view(found).substr(0, found.size() - 1))
                           : finite(found);
            if (!value) return wrong("a ratio such as 99.9% or 0.999", found);
            if (!is_percent && *value > 1) {
              return std::unexpected(fmt::format(
                  "expected a ratio such as 99.9% or 0.999, found {} without a percent sign; "
                  "did you mean {}%?",
                  found, found));
            }
            const bool inside =
                open ? *value > least && *value < most : *value >= least && *value <= most;
            if (inside) return *value;
            return wrong(
                fmt::format("a ratio {} {}% and {}%", open ? "strictly between" : "between",
                            least * 100, most * 100),
                found);
          },
          R"(^[0-9.eE+-]+%?$)"};
}

Scalar<double> rate() {
  constexpr std::string_view expected = "a rate such as 10/s, 600/m or 36000/h";
  return {std::string(expected),
          [expected](const std::string& found) -> std::expected<double, std::string> {
            const std::size_t slash = found.find('/');
            if (slash == std::string::npos) return wrong(expected, found);
            const auto count = finite(std::string_view(found).substr(0, slash));
            const std::string_view unit = std::string_view(found).substr(slash + 1);
            const double unit_seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
            if (!count || *count < 0 || unit_seconds == 0) return wrong(expected, found);
            return *count / unit_seconds;
          },
          R"(^[0-9.eE+-]+/[smh]$)"};
}

Scalar<double> number() {
  return {"a number", [](const std::string& found) -> std::expected<double, std::string> {
            if (const auto value = finite(found)) return *value;
            return wrong("a number", found);
          }};
}

Scalar<std::uint64_t> whole_number(std::uint64_t least) {
  const std::string expected = fmt::format("a whole number of at least {}", least);
  return {expected,
          [expected, least](const std::string& found) -> std::expected<std::uint64_t, std::string> {
            const auto value = number_of<std::uint64_t>(found);
            if (!value || *value < least) return wrong(expected, found);
            return *value;
          },
          "^[0-9]+$"};
}

Scalar<std::uint64_t> bytes() {
  constexpr std::string_view expected = "a size such as 67108864, 64MiB or 1GiB";
  return {std::string(expected),
          [expected](const std::string& found) -> std::expected<std::uint64_t, std::string> {
            constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
                {{"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"", 1}}};
            const auto unit = std::ranges::find_if(
                units, [&found](const auto& known) { return found.ends_with(known.first); });
            const auto count = number_of<std::uint64_t>(
                std::string_view(found).substr(0, found.size() - unit->first.size()));
            constexpr std::uint64_t bytes_max = 1ULL << 40;
            if (!count || *count == 0 || *count > bytes_max / unit->second) {
              return wrong(expected, found);
            }
            return *count * unit->second;
          },
          "^[0-9]+(KiB|MiB|GiB)?$"};
}

Scalar<HostPort> host_port(std::uint16_t port_least) {
  return {"host:port",
          [port_least](const std::string& found) -> std::expected<HostPort, std::string> {
            if (found.find("://") != std::string::npos) {
              return wrong("host:port without a scheme", found);
            }
            const auto value = split_host_port(found);
            if (!value || value->port < port_least) {
              return wrong("host:port such as 127.0.0.1:8080 or [::1]:8080", found);
            }
            return *value;
          },
          "^[^ /]+:[0-9]+$"};
}

Scalar<HostPort> listen_address() {
  Scalar<HostPort> address = host_port(0);
  address.parse =
      [any = address.parse](const std::string& found) -> std::expected<HostPort, std::string> {
    const auto value = any(found);
    if (value && value->host != "localhost" && !boost::urls::parse_ipv4_address(value->host) &&
        !boost::urls::parse_ipv6_address(value->host)) {
      return wrong("an IP address or localhost, and a port, such as 127.0.0.1:9750", found);
    }
    return value;
  };
  return address;
}

Scalar<std::string> url() {
  return {"a URL", [](const std::string& found) { return checked_url(found, UrlUse::request); },
          url_pattern};
}

Scalar<std::string> private_url() {
  return {"a URL",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            if (auto checked = checked_url(found, UrlUse::request)) return checked;
            return std::unexpected(
                "expected a URL such as https://example.org:8443/path, found another text, which "
                "is not shown, because it may be a secret");
          },
          url_pattern};
}

Scalar<std::string> page_url() {
  return {"a URL", [](const std::string& found) { return checked_url(found, UrlUse::page); },
          url_pattern};
}

Scalar<std::string> base_url() {
  return {"a URL", [](const std::string& found) { return checked_url(found, UrlUse::base); },
          url_pattern};
}

Scalar<std::string> proxy_url() {
  return {"a URL",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            const auto parsed = boost::urls::parse_uri(found);
            const bool fits = parsed && parsed->scheme_id() == boost::urls::scheme::http &&
                              !parsed->host().empty() && is_no_port_or_a_port(*parsed) &&
                              (parsed->path().empty() || parsed->path() == "/") &&
                              !parsed->has_query() && !parsed->has_fragment();
            if (fits) return found;
            return std::unexpected(
                "expected the URL of an http proxy, such as http://proxy:3128, found another text");
          },
          "^[hH][tT][tT][pP]://"};
}

Scalar<std::string> request_path() {
  return {"a path",
          [](const std::string& found) -> std::expected<std::string, std::string> {
            const bool fits =
                found.starts_with('/') && std::ranges::all_of(found, [](char c) {
                  return is_visible(c) && c != '#' && static_cast<unsigned char>(c) < 0x80;
                });
            if (!fits) return wrong("a path such as /metrics", found);
            return found;
          },
          "^/[^ #]*$"};
}

}  // namespace slod::config
