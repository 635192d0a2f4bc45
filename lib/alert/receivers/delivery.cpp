#include "lib/alert/receivers/delivery.h"

#include <algorithm>
#include <cassert>

namespace slod::alert {
namespace {

constexpr Duration first_delay = std::chrono::seconds(1);
constexpr Duration delay_max = std::chrono::minutes(5);

/// Shorter pieces of a URL ("services", "hooks") are words that every error page may hold.
constexpr std::size_t secret_bytes_min = 9;

/// The pieces between the slashes of a URL's path, and the values of its query.
std::vector<std::string> pieces(std::string_view url) {
  std::vector<std::string> found;
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::size_t begin = url.find('/', host);
  while (begin < url.size()) {
    const std::size_t end = std::min(url.find_first_of("/?&=#", begin + 1), url.size());
    const std::string_view piece = url.substr(begin + 1, end - begin - 1);
    const bool is_name = end < url.size() && url[end] == '=';
    if (piece.size() >= secret_bytes_min && !is_name) found.emplace_back(piece);
    begin = end;
  }
  return found;
}

}  // namespace

DeliveryRequest json_post(std::string url, std::string body) {
  return {.method = "POST",
          .url = std::move(url),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body),
          .is_url_secret = false,
          .secrets = {}};
}

DeliveryRequest json_post_to_secret_url(std::string url, std::string body) {
  std::vector<std::string> secrets = pieces(url);
  DeliveryRequest out = json_post(std::move(url), std::move(body));
  out.is_url_secret = true;
  out.secrets = std::move(secrets);
  return out;
}

std::string_view to_string(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::delivered:
      return "delivered";
    case DeliveryStatus::retry:
      return "retried";
    case DeliveryStatus::rejected:
      break;
  }
  return "rejected";
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

bool is_temporary(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

bool is_about_message(int status) {
  return status == 400 || status == 413 || status == 422;
}

DeliveryStatus by_status(int status) {
  if (is_success(status)) return DeliveryStatus::delivered;
  return is_temporary(status) ? DeliveryStatus::retry : DeliveryStatus::rejected;
}

Instant next_attempt(int attempts, std::optional<Duration> retry_after, Instant now,
                     double jitter) {
  assert(attempts >= 1 && jitter >= 0 && jitter <= 1);
  // 2^9 s is above delay_max already; more doublings would only overflow.
  const Duration delay = std::min(first_delay * (1 << std::min(attempts - 1, 9)), delay_max);
  const Duration wait = duration_from_seconds(seconds(delay) * (0.5 + jitter / 2));
  return now + std::min(std::max(wait, retry_after.value_or(Duration::zero())), retry_wait_max);
}

}  // namespace slod::alert
