#include "daemon/page/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "daemon/page/files.h"

namespace slod::page {
namespace {

/// Nothing but what slod itself serves: no script or style within the page, no other host, and no
/// frame of somebody else around it.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
}};

std::string_view type_of(std::string_view name) {
  const auto found =
      std::ranges::find_if(types, [&](const auto& type) { return name.ends_with(type.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

/// Changes with the content. Weak, because the server may send the same as gzip.
std::string entity_tag(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char byte : content) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  return fmt::format("W/\"{:016x}\"", hash);
}

/// RFC 9110, 13.1.2: a list of tags, or `*`. No tag of ours has a comma.
bool has_it_already(const Request& request, std::string_view tag) {
  const std::string_view known = request.header("if-none-match");
  return known == "*" || known.find(tag.substr(2)) != std::string_view::npos;
}

}  // namespace

Response answer_file(const Request& request, std::string_view name) {
  const auto all = files();
  const auto file = std::ranges::find(all, name, &File::name);
  if (file == all.end()) {
    return json_error(404, fmt::format("expected a file of the web page, found \"{}\"", name));
  }
  std::string tag = entity_tag(file->content);
  const bool is_known = has_it_already(request, tag);
  return {.status = is_known ? 304 : 200,
          .content_type = std::string(type_of(name)),
          .body = is_known ? std::string() : std::string(file->content),
          .headers = {{"ETag", std::move(tag)},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", std::string(content_policy)},
                      {"Referrer-Policy", "no-referrer"}}};
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
