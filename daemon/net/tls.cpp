#include "daemon/net/tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <optional>
#include <utility>

#include "daemon/files/files.h"
#include "daemon/net/tls_context.h"

namespace slod {
namespace {

namespace ssl = boost::asio::ssl;

std::string fault(std::string_view purpose, const std::string& file,
                  const boost::system::error_code& error) {
  return fmt::format("cannot read {} from '{}', which must be in PEM: {}", purpose, file,
                     error.message());
}

/// That one of the files is no regular file: OpenSSL would wait for ever for who writes to a pipe.
std::optional<std::string> wrong_kind(const TlsOptions& options) {
  for (const std::string* file : {&options.ca_file, &options.cert_file, &options.key_file}) {
    if (file->empty()) continue;
    if (const std::string why = why_not_regular(*file); !why.empty()) {
      return fmt::format("cannot read '{}', which must be in PEM: {}", *file, why);
    }
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::shared_ptr<const TlsContext>, std::string> make_tls_context(
    const TlsOptions& options) {
  if (auto wrong = wrong_kind(options)) return std::unexpected(std::move(*wrong));
  auto tls = std::make_shared<TlsContext>();
  tls->server_name = options.server_name;
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(tls->context.native_handle(), TLS1_2_VERSION);
  tls->context.set_verify_mode(ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    if (!error) tls->context.set_default_verify_paths(error);
    if (error) {
      return std::unexpected(
          fmt::format("cannot use the system's certificate authorities: {}; "
                      "name a ca_file",
                      error.message()));
    }
  } else if (tls->context.load_verify_file(options.ca_file, error); error) {
    return std::unexpected(fault("certificate authorities", options.ca_file, error));
  }
  if (options.cert_file.empty() != options.key_file.empty()) {
    return std::unexpected("expected cert_file and key_file together, found one of them");
  }
  if (options.cert_file.empty()) return tls;
  if (tls->context.use_certificate_chain_file(options.cert_file, error); error) {
    return std::unexpected(fault("a certificate", options.cert_file, error));
  }
  if (tls->context.use_private_key_file(options.key_file, ssl::context::pem, error); error) {
    return std::unexpected(fault("the private key of the certificate", options.key_file, error));
  }
  return tls;
}

}  // namespace slod
