#include "daemon/net/entity_tag.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "lib/hash/fnv.h"

namespace slod {
namespace {

/// Weak, because the server may send the same as gzip.
std::string tag_of(std::string_view body) {
  return fmt::format("W/\"{:016x}\"", fnv_hash(body));
}

/// A list of tags, weak or not, or `*`. No tag of ours is a part of another.
bool has_it_already(const Request& request, std::string_view tag) {
  const std::string_view known = request.header("if-none-match");
  return known == "*" || known.find(tag.substr(2)) != std::string_view::npos;
}

}  // namespace

Response revalidated(const Request& request, Response response) {
  if (response.status != 200) return response;
  std::string tag = tag_of(response.body);
  if (has_it_already(request, tag)) {
    response.status = 304;
    response.body.clear();
  }
  response.headers.emplace_back("ETag", std::move(tag));
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace slod
