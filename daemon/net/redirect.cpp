#include "daemon/net/redirect.h"

#include <algorithm>
#include <array>
#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <string_view>

#include "daemon/net/response_text.h"
#include "daemon/net/url.h"

namespace slod {
namespace {

constexpr std::array<int, 5> statuses = {301, 302, 303, 307, 308};
constexpr std::array<std::string_view, 3> credentials = {"authorization", "cookie",
                                                         "proxy-authorization"};

bool may_be_repeated(const Fetch& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// `location` as an absolute URL without its fragment; empty text where it is none.
std::string resolved(const std::string& base, std::string_view location) {
  const auto from = boost::urls::parse_uri(base);
  const auto reference = boost::urls::parse_uri_reference({location.data(), location.size()});
  if (!from || !reference) return {};
  boost::urls::url to(*from);
  if (!to.resolve(*reference)) return {};
  to.remove_fragment();
  return std::string(std::string_view(to.buffer()));
}

}  // namespace

std::expected<std::optional<Fetch>, std::string> redirected(const Fetch& request,
                                                            const Reply& reply) {
  const std::string_view location = reply.header("location");
  const bool is_redirect =
      std::ranges::find(statuses, reply.status) != statuses.end() && !location.empty();
  if (!is_redirect || !may_be_repeated(request)) return std::nullopt;
  const auto from = parse_url(request.url, request.secret_url);
  Fetch next = request;
  next.url = resolved(request.url, location);
  const auto to = parse_url(next.url, request.secret_url);
  if (!from || !to) return std::unexpected("it redirects to what is no http or https URL");
  if (from->is_https && !to->is_https) {
    return std::unexpected("it redirects from https to http, which is not followed");
  }
  const bool is_same_origin = from->is_https == to->is_https && from->port == to->port &&
                              boost::urls::grammar::ci_is_equal(from->host, to->host);
  if (!is_same_origin) {
    std::erase_if(next.headers, [](const auto& header) {
      return std::ranges::any_of(credentials, [&](std::string_view name) {
        return equal_ignoring_case(header.first, name);
      });
    });
  }
  return next;
}

}  // namespace slod
