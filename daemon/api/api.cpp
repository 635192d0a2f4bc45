#include "daemon/api/api.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace slod {
namespace {

/// The path of a URL, without a trailing slash: "/slod", or empty.
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

Response unknown_path(const Request& request) {
  return json_error(
      404, fmt::format("expected a path such as /freeze or /api/v1/slos, found {}", request.path));
}

Response wrong_method(const Route& route, const Request& request) {
  const std::string methods = to_text(route.methods);
  Response refusal = json_error(
      405, fmt::format("expected {} for {}, found {}", methods, request.path, request.method));
  const bool has_head = contains(route.methods, "GET");
  refusal.headers.emplace_back("Allow", has_head ? methods + ", HEAD" : methods);
  return refusal;
}

}  // namespace

FoundRoute Api::find(std::string_view path) const {
  if (const FoundRoute found = find_route(path); found.route) return found;
  const std::string_view prefix = path_of(daemon_.engine().config().external_url);
  if (!prefix.empty() && path.starts_with(prefix)) {
    const std::string_view rest = path.substr(prefix.size());
    if (rest.empty()) return find_route("/");
    const FoundRoute found = rest.starts_with('/') ? find_route(rest) : FoundRoute();
    if (found.route) return found;
  }
  const std::size_t api = path.find("/api/v1/");
  return api == std::string_view::npos ? FoundRoute() : find_route(path.substr(api));
}

std::string_view Api::route_of(std::string_view path) const {
  const FoundRoute found = find(path);
  return found.route ? found.route->pattern : "other";
}

RequestTerms Api::terms_of(const Request& request) const {
  const FoundRoute found = find(request.path);
  if (!found.route) return {.refusal = unknown_path(request)};
  RequestTerms terms{.body_bytes_max = found.route->body_bytes_max,
                     .always_has_room = found.route->always_has_room};
  const std::string_view method = request.method;
  if (!contains(found.route->methods, method == "HEAD" ? "GET" : method))
    terms.refusal = wrong_method(*found.route, request);
  return terms;
}

RouteReply Api::answer(const Request& request) {
  const FoundRoute found = find(request.path);
  if (!found.route) return unknown_path(request);
  if (!contains(found.route->methods, request.method)) return wrong_method(*found.route, request);
  return call(found, daemon_, request);
}

}  // namespace slod
