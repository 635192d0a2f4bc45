#include "daemon/notify/requests.h"

#include <algorithm>
#include <utility>

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

BuiltRequest build_request(const alert::Receiver& receiver, std::span<const alert::Notice> notices,
                           std::size_t address, Instant now) {
  const auto secret = secret_of(receiver);
  if (!secret) return std::unexpected(secret.error());
  return as_fetch(receiver.request(notices, *secret, now, address));
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  const auto shows = [&text](const std::string& secret) { return text.contains(secret); };
  return std::ranges::any_of(secrets, shows) ? "(not shown, because it repeats a secret)"
                                             : std::move(text);
}

}  // namespace slod
