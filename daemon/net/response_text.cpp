#include "daemon/net/response_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <iterator>

namespace slod {
namespace {

constexpr std::array<std::string_view, 6> server_fields = {
    "content-length", "transfer-encoding", "connection", "date", "server", "content-type"};

}  // namespace

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

std::string fault_of(const Response& response) {
  if (response.status < 200 || response.status > 599) {
    return fmt::format("the status {} is not one from 200 to 599", response.status);
  }
  if (!is_field_value(response.content_type)) {
    return "the Content-Type has a control byte";
  }
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) return "the name of a response header is no token";
    if (!is_field_value(value)) {
      return fmt::format("the response header {} has a control byte", name);
    }
    for (const std::string_view field : server_fields) {
      if (equal_ignoring_case(name, field)) {
        return fmt::format("the response header {} is for the server alone to set", name);
      }
    }
  }
  return {};
}

void append_head(std::string& out, const Response& response, std::string_view date, After after) {
  const boost::core::string_view reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  auto end = std::back_inserter(out);
  fmt::format_to(end, "HTTP/1.1 {} {}\r\nServer: slod\r\nDate: {}\r\n", response.status,
                 std::string_view(reason), date);
  if (has_body(response.status)) {
    fmt::format_to(end, "Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                   response.body.size());
  }
  bool has_cache_control = false;
  bool has_type_options = false;
  for (const auto& [name, value] : response.headers) {
    has_cache_control |= equal_ignoring_case(name, "cache-control");
    has_type_options |= equal_ignoring_case(name, "x-content-type-options");
    fmt::format_to(end, "{}: {}\r\n", name, value);
  }
  if (!has_cache_control) out += "Cache-Control: no-store\r\n";
  if (!has_type_options) out += "X-Content-Type-Options: nosniff\r\n";
  if (after == After::close) out += "Connection: close\r\n";
  if (after == After::keep_alive_http_1_0) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

Response no_room() {
  Response response = json_error(503, "too many connections; try again later");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string http_date(std::time_t at) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(at));
}

}  // namespace slod
