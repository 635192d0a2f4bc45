#include "lib/alert/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "lib/alert/plain_text.h"

namespace slod::alert {
namespace {

constexpr std::size_t reason_max = 200;
constexpr Duration first_delay = std::chrono::seconds(1);
constexpr Duration delay_max = std::chrono::minutes(5);
constexpr Duration wait_max = std::chrono::hours(1);

bool is_success(int status) {
  return status >= 200 && status < 300;
}
/// Whether the same may be taken another time: 408 Request Timeout, 425 Too Early, 429 Too Many
/// Requests, and every fault of the server's.
bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
}

/// Slack's "ok", whatever white space a proxy adds.
bool says_ok(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \r\n");
  if (first == std::string_view::npos) return false;
  return body.substr(first, body.find_last_not_of(" \r\n") - first + 1) == "ok";
}

Delivery meaning(ReceiverKind receiver, int status, std::string_view body) {
  switch (receiver) {
    case ReceiverKind::pagerduty:
      if (status == 202) return Delivery::delivered;
      if (is_success(status) || is_passing(status)) return Delivery::retry;
      return Delivery::rejected;
    case ReceiverKind::slack:
      if (status == 200 && says_ok(body)) return Delivery::delivered;
      return is_passing(status) ? Delivery::retry : Delivery::rejected;
    case ReceiverKind::alertmanager:
    case ReceiverKind::webhook:
      if (is_success(status)) return Delivery::delivered;
      return is_passing(status) ? Delivery::retry : Delivery::rejected;
  }
  return Delivery::rejected;
}

}  // namespace

Classified classify(ReceiverKind receiver, const Answer& answer) {
  const std::string text = cut(one_line(answer.text), reason_max);
  if (!answer.status) return {Delivery::retry, fmt::format("no answer: {}", text)};
  const Delivery delivery = meaning(receiver, *answer.status, answer.text);
  if (delivery == Delivery::delivered) return {delivery, ""};
  return {delivery, fmt::format("{} answered {}: {}", to_string(receiver), *answer.status,
                                text.empty() ? "(nothing)" : text)};
}

Instant next_attempt(int attempts, std::optional<Duration> retry_after, Instant now,
                     double jitter) {
  assert(attempts >= 1 && jitter >= 0 && jitter <= 1);
  // 2^9 s is above delay_max already; more doublings would only overflow.
  const Duration delay = std::min(first_delay * (1 << std::min(attempts - 1, 9)), delay_max);
  const Duration wait = duration_from_seconds(seconds(delay) * (0.5 + jitter / 2));
  return now + std::min(std::max(wait, retry_after.value_or(Duration::zero())), wait_max);
}

}  // namespace slod::alert
