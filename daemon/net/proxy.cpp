#include "daemon/net/proxy.h"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include "daemon/net/base64.h"
#include "daemon/net/url.h"

namespace slod {

std::expected<Proxy, std::string> parse_proxy(std::string_view url) {
  constexpr auto expected = "expected the URL of an http proxy, such as http://proxy:3128";
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return std::unexpected(expected);
  boost::urls::url without_user(*parsed);
  without_user.remove_userinfo();
  const auto address = parse_url(std::string_view(without_user.buffer()), true);
  if (!address || address->is_https) return std::unexpected(expected);
  Proxy proxy{.host = address->host,
              .port = address->port,
              .label = "the proxy " + address->authority,
              .authorization = {}};
  if (parsed->has_userinfo()) {
    proxy.authorization = basic_credentials(parsed->user(), parsed->password());
  }
  return proxy;
}

}  // namespace slod
