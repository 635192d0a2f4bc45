#pragma once

#include <expected>
#include <memory>
#include <string>

namespace slod {

struct TlsOptions {
  std::string ca_file = {};      ///< PEM; empty: the system's own certificate authorities
  std::string cert_file = {};    ///< PEM, the client's own chain; empty: none is offered
  std::string key_file = {};     ///< PEM; needed with cert_file
  std::string server_name = {};  ///< the name to ask for and to verify; empty: the URL's host

  bool operator==(const TlsOptions&) const = default;
};

/// Files read and checked once, for many connections. TLS 1.2 or newer, the peer always verified.
class TlsContext;

/// Reads the files that `options` names. The error names the file and what is wrong with it.
std::expected<std::shared_ptr<const TlsContext>, std::string> make_tls_context(
    const TlsOptions& options);

}  // namespace slod
