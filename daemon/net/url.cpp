#include "daemon/net/url.h"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace slod {
namespace {

/// 0 where `digits` is no port. (Boost.URL 1.81's port_number takes 99999 modulo 65536.)
std::uint16_t port_number(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t(0);
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text, bool is_secret) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) {
    return std::unexpected(
        fmt::format("expected a URL such as http://host:9090/path: {}", parsed.error().message()));
  }
  const boost::urls::url_view& view = *parsed;
  Url url;
  url.is_https = view.scheme_id() == boost::urls::scheme::https;
  if (!url.is_https && view.scheme_id() != boost::urls::scheme::http) {
    return std::unexpected("expected a URL that starts with http:// or https://");
  }
  if (view.has_userinfo()) {
    return std::unexpected("expected a URL without a user name: give it as basic_auth");
  }
  url.host = view.host_address();
  const std::string_view encoded_host = view.encoded_host();
  if (url.host.empty() || encoded_host.contains('%')) {
    return std::unexpected("expected a URL with a host, written without % escapes");
  }
  url.port = url.is_https ? 443 : 80;
  if (view.has_port()) url.port = port_number(view.port());
  if (url.port == 0) return std::unexpected("expected a URL with a port from 1 to 65535");
  url.authority =
      view.has_port() ? fmt::format("{}:{}", encoded_host, url.port) : std::string(encoded_host);
  const std::string_view path = view.encoded_path();
  url.target = path.empty() ? "/" : std::string(path);
  url.label = fmt::format("{}://{}{}", url.is_https ? "https" : "http", url.authority,
                          is_secret ? std::string() : url.target);
  if (view.has_query()) url.target += fmt::format("?{}", std::string_view(view.encoded_query()));
  return url;
}

}  // namespace slod
