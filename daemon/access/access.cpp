#include "daemon/access/access.h"

#include <utility>

#include "daemon/files/files.h"
#include "daemon/net/base64.h"

namespace slod {

std::expected<std::shared_ptr<const TlsContext>, std::string> tls_of(const config::Access& access) {
  if (!access.tls) return nullptr;
  const config::Tls& tls = *access.tls;
  return make_tls_context({tls.ca_file, tls.cert_file, tls.key_file, tls.server_name});
}

std::expected<std::vector<std::string>, std::string> let_in(const config::Access& access,
                                                            Fetch& fetch) {
  fetch.follow_redirects = access.follow_redirects;
  fetch.proxy_url = access.proxy_url;
  if (access.basic_auth) {
    auto password = read_secret(access.basic_auth->password_file);
    if (!password) return std::unexpected(password.error());
    std::string credentials = basic_credentials(access.basic_auth->username, *password);
    fetch.headers.emplace_back("authorization", credentials);
    return std::vector{std::move(*password), std::move(credentials)};
  }
  if (access.bearer_token_file.empty()) return std::vector<std::string>();
  auto token = read_secret(access.bearer_token_file);
  if (!token) return std::unexpected(token.error());
  fetch.headers.emplace_back("authorization", access.authorization_type + " " + *token);
  return std::vector{std::move(*token)};
}

}  // namespace slod
