#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/net/message.h"
#include "daemon/net/route_reply.h"

namespace slod {

class Daemon;

/// The methods that a route answers: a set of bits. HEAD is answered wherever GET is; the server
/// hands it on as GET.
enum class Methods : std::uint8_t { get = 1, post = 2, get_or_post = get | post };

/// Whether `method` is one of them, exactly: "GET", not "get" and not "GE".
bool contains(Methods methods, std::string_view method);
/// "GET, POST".
std::string to_text(Methods methods);

/// What answers a route. It takes the daemon and, as far as it needs them, the request and the
/// names in the path, in their order.
using RouteAnswer =
    std::variant<RouteReply (*)(Daemon&), RouteReply (*)(Daemon&, const Request&),
                 RouteReply (*)(Daemon&, const Request&, std::string_view),
                 RouteReply (*)(Daemon&, const Request&, std::string_view, std::string_view)>;

/// One row of the table of all that slod serves.
struct Route {
  /// A path with names in braces: "/api/v1/slos/{service}/{slo}/history". A name is one segment of
  /// the path; at the end it is all that is left, with its slashes. Also the route's name in
  /// metrics.
  std::string_view pattern;
  Methods methods;
  RouteAnswer answer;
  std::size_t body_bytes_max = 0;  ///< of a POST
  bool always_has_room = false;    ///< see RequestTerms
};

/// The table. Of two patterns that match a path, the first one counts.
std::span<const Route> routes();

/// What stands in a path for the names of a pattern.
using PathNames = std::array<std::string_view, 2>;

/// The names in `path`; nullopt where it does not match the pattern.
std::optional<PathNames> match(std::string_view pattern, std::string_view path);

/// The route that serves a path, and the names in that. Null where there is none.
struct FoundRoute {
  const Route* route = nullptr;
  PathNames names;
};
FoundRoute find_route(std::string_view path);

/// Calls what answers the route.
RouteReply call(const FoundRoute& found, Daemon& daemon, const Request& request);

}  // namespace slod
