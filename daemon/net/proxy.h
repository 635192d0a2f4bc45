#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace slod {

/// An http proxy.
struct Proxy {
  std::string host;  ///< a name, or an IP address without brackets
  std::uint16_t port = 0;
  std::string label;          ///< what messages may show: "the proxy example.org:3128"
  std::string authorization;  ///< the value of Proxy-Authorization, a secret; empty: none
};

/// Reads http://[user:password@]host[:port]. The error is a sentence that shows nothing of it.
std::expected<Proxy, std::string> parse_proxy(std::string_view url);

}  // namespace slod
