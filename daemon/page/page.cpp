#include "daemon/page/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "daemon/net/entity_tag.h"
#include "daemon/page/files.h"

namespace slod::page {
namespace {

/// Nothing but what slod itself serves: no script or style within the page, no other host, and no
/// frame of somebody else around it.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view type_of(std::string_view name) {
  const auto found =
      std::ranges::find_if(types, [&](const auto& type) { return name.ends_with(type.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace

Response answer_file(const Request& request, std::string_view name) {
  const auto all = files();
  const auto file = std::ranges::find(all, name, &File::name);
  if (file == all.end()) {
    return json_error(404, fmt::format("expected a file of the web page, found \"{}\"", name));
  }
  return revalidated(request, {.content_type = std::string(type_of(name)),
                               .body = std::string(file->content),
                               .headers = {{"Content-Security-Policy", std::string(content_policy)},
                                           {"Referrer-Policy", "no-referrer"}}});
}

Response answer(const Request& request) {
  if (request.path.ends_with('/')) return answer_file(request, "index.html");
  const std::string_view last = std::string_view(request.path).substr(request.path.rfind('/') + 1);
  return {.status = 308,
          .content_type = "text/plain; charset=utf-8",
          .body = "The page is at the path with a slash at its end.\n",
          .headers = {{"Location", fmt::format("{}/", last)}}};
}

}  // namespace slod::page
