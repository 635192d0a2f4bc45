#include "daemon/notify/requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/access/access.h"
#include "daemon/files/files.h"

namespace slod {
namespace {

std::expected<std::string, std::string> secret_of(const alert::Receiver& receiver) {
  const std::string file = receiver.secret_file();
  if (file.empty()) return "";
  return read_secret(file);
}

ReceiverRequest as_fetch(alert::DeliveryRequest request) {
  Fetch fetch;
  fetch.method = std::move(request.method);
  fetch.url = std::move(request.url);
  fetch.secret_url = request.is_url_secret;
  fetch.headers = std::move(request.headers);
  fetch.body = std::move(request.body);
  return {.fetch = std::move(fetch), .secrets = std::move(request.secrets)};
}

}  // namespace

BuiltRequest build_request(const alert::Receiver& receiver, const config::Access& access,
                           std::span<const alert::Notice> notices, std::size_t address,
                           Instant now) {
  const auto secret = secret_of(receiver);
  if (!secret) return std::unexpected(secret.error());
  ReceiverRequest out = as_fetch(receiver.request(notices, *secret, now, address));
  const auto tls = tls_of(access);
  if (!tls) return std::unexpected(tls.error());
  out.fetch.tls = *tls;
  auto secrets = let_in(access, out.fetch);
  if (!secrets) return std::unexpected(secrets.error());
  std::ranges::move(*secrets, std::back_inserter(out.secrets));
  return out;
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  const auto shows = [&text](const std::string& secret) { return text.contains(secret); };
  return std::ranges::any_of(secrets, shows) ? "(not shown, because it repeats a secret)"
                                             : std::move(text);
}

}  // namespace slod
