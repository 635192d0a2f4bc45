#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/time/instant.h"

namespace slod::alert {

/// An HTTP request to a receiver, ready to be sent.
struct DeliveryRequest {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool is_url_secret = false;        ///< no message may show more of it than scheme and host
  std::vector<std::string> secrets;  ///< texts of the request that must not be shown
};

DeliveryRequest json_post(std::string url, std::string body);

/// To a URL that is the secret itself, as that of an incoming webhook: the longer pieces of its
/// path and the values of its query are secrets. Whoever shows a part of the URL, in whatever
/// writing, shows one of these.
DeliveryRequest json_post_to_secret_url(std::string url, std::string body);

/// What became of one attempt to deliver.
enum class DeliveryStatus {
  delivered,
  retry,     ///< send the same again later
  rejected,  ///< sending the same again cannot help
};

/// "delivered", "retried", "rejected".
std::string_view to_string(DeliveryStatus status);

/// What came back for a request.
struct ReceiverAnswer {
  std::optional<int> status;  ///< HTTP; nullopt: no answer came
  std::string text;           ///< the body, or without an answer what went wrong
};

struct DeliveryResult {
  DeliveryStatus status = DeliveryStatus::retry;
  std::string reason;  ///< one line for the log and the status page; empty when delivered
  bool is_about_message = false;  ///< the fault is in what was sent: of several, perhaps in one
  bool is_too_many = false;       ///< the receiver takes no more for now, whatever it is

  bool operator==(const DeliveryResult&) const = default;
};

/// A 2xx.
bool is_success(int status);

/// Whether the same may be taken another time: 408 Request Timeout, 425 Too Early, 429 Too Many
/// Requests, which say so themselves (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4), and every
/// fault of the server's. Any other 4xx is about the message, the key or the address, and stays
/// until somebody changes one of them; so does a redirect, which is not followed.
bool is_temporary(int status);

/// Whether it is about what was sent, and not about the key or the address: 400 Bad Request, 413
/// Content Too Large, 422 Unprocessable Content.
bool is_about_message(int status);

/// What the status alone says: a success is delivered, a temporary failure is retried, all else is
/// rejected.
DeliveryStatus by_status(int status);

/// The longest that a retry waits, whatever a receiver asks for.
constexpr Duration retry_wait_max = std::chrono::hours(1);

/// When to try again after `attempts` >= 1 failed ones: 1 s doubling up to 5 min, of which `jitter`
/// in [0, 1] takes half to all, so that receivers are not hit in step. `retry_after`, where the
/// receiver gave one, is the least; nothing waits longer than retry_wait_max.
Instant next_attempt(int attempts, std::optional<Duration> retry_after, Instant now, double jitter);

}  // namespace slod::alert
