#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace slod {

/// A URL, in the parts that a request needs.
struct Url {
  bool is_https = false;
  std::string host;  ///< a name, or an IP address without brackets
  std::uint16_t port = 0;
  std::string authority;  ///< what the Host header says: "example.org", "[::1]:9090"
  std::string target;     ///< path and query: "/api?x=1"
  std::string label;  ///< what messages may show: scheme, host, port, and the path unless secret
};

/// Reads an absolute http or https URL. Its fragment is dropped. The error is a sentence that shows
/// nothing of the URL.
std::expected<Url, std::string> parse_url(std::string_view text, bool is_secret);

}  // namespace slod
