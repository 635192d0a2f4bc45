#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "daemon/net/message.h"

namespace slod {

/// More parameters than this in one request are refused: they cost more memory than their bytes.
inline constexpr std::size_t query_fields_max = 1000;

struct Target {
  std::string path;  ///< as Request::path
  Fields query;      ///< as Request::query
  std::string host;  ///< of the absolute form, which overrides the Host header; otherwise empty
};

/// Reads a request target: "/path?query", or "http://host/path?query" as proxies write it. Bytes
/// that RFC 3986 would have escaped (`{`, `"`) are taken as they are, as Prometheus takes them;
/// a path with an escaped slash is refused, since a router and a proxy would read it differently.
/// On error: one sentence that says what was expected.
std::expected<Target, std::string> parse_target(std::string_view target);

/// Appends the fields of a query or of an application/x-www-form-urlencoded body. Returns the
/// error's sentence, or empty text.
std::string append_form(std::string_view form, Fields& fields);

}  // namespace slod
