#include "daemon/api/route.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace slod {
namespace {

constexpr std::array<std::pair<Methods, std::string_view>, 2> method_names{
    {{Methods::get, "GET"}, {Methods::post, "POST"}}};

bool has_bit(Methods methods, Methods one) {
  return (std::to_underlying(methods) & std::to_underlying(one)) != 0;
}

}  // namespace

bool contains(Methods methods, std::string_view method) {
  for (const auto& [one, name] : method_names) {
    if (method == name) return has_bit(methods, one);
  }
  return false;
}

std::string to_text(Methods methods) {
  std::vector<std::string_view> names;
  for (const auto& [one, name] : method_names) {
    if (has_bit(methods, one)) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::optional<PathNames> match(std::string_view pattern, std::string_view path) {
  PathNames names;
  for (std::string_view& name : names) {
    const std::size_t brace = pattern.find('{');
    if (brace == std::string_view::npos) break;
    if (!path.starts_with(pattern.substr(0, brace))) return std::nullopt;
    path.remove_prefix(brace);
    pattern.remove_prefix(pattern.find('}') + 1);
    name = path.substr(0, pattern.empty() ? path.size() : path.find('/'));
    if (name.empty()) return std::nullopt;
    path.remove_prefix(name.size());
  }
  return path == pattern ? std::optional(names) : std::nullopt;
}

FoundRoute find_route(std::string_view path) {
  for (const Route& route : routes()) {
    if (const auto names = match(route.pattern, path)) return {&route, *names};
  }
  return {};
}

RouteReply call(const FoundRoute& found, Daemon& daemon, const Request& request) {
  const auto& [first, second] = found.names;
  return std::visit(
      [&](const auto answer) {
        using Function = decltype(answer);
        using Name = std::string_view;
        if constexpr (std::is_invocable_v<Function, Daemon&>) {
          return answer(daemon);
        } else if constexpr (std::is_invocable_v<Function, Daemon&, const Request&>) {
          return answer(daemon, request);
        } else if constexpr (std::is_invocable_v<Function, Daemon&, const Request&, Name>) {
          return answer(daemon, request, first);
        } else {
          return answer(daemon, request, first, second);
        }
      },
      found.route->answer);
}

}  // namespace slod
