#include "lib/config/config.h"

#include <fmt/format.h>

namespace slod::config {

std::string HostPort::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string_view to_string(PrometheusServer::Mode mode) {
  return mode == PrometheusServer::Mode::federate ? "federate" : "query";
}

}  // namespace slod::config
