#include "lib/alert/receivers/receivers.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "lib/alert/plain_text.h"

namespace slod::alert {
namespace {

constexpr std::size_t reason_max = 200;

/// Whatever a kind says of its request, what it was given as a secret is one.
DeliveryRequest with_secret(DeliveryRequest request, const std::string& secret) {
  if (!secret.empty() && !request.is_url_secret) request.secrets.push_back(secret);
  return request;
}

}  // namespace

std::string_view Receiver::kind() const {
  return std::visit([]<class Kind>(const Kind&) { return std::string_view(Kind::name); }, endpoint);
}

std::string Receiver::secret_file() const {
  return std::visit([](const auto& kind) -> std::string { return kind.secret_file(); }, endpoint);
}

Pace Receiver::pace() const {
  return std::visit([]<class Kind>(const Kind&) -> Pace { return Kind::pace; }, endpoint);
}

std::optional<ResendPolicy> Receiver::resend() const {
  return std::visit([](const auto& kind) -> std::optional<ResendPolicy> { return kind.resend(); },
                    endpoint);
}

std::size_t Receiver::addresses() const {
  return std::visit([](const auto& kind) -> std::size_t { return kind.addresses(); }, endpoint);
}

DeliveryRequest Receiver::request(std::span<const Notice> notices, const std::string& secret,
                                  Instant now, std::size_t address) const {
  assert(!notices.empty() && address < addresses());
  const RequestContext context{.receiver = name, .secret = secret, .now = now, .address = address};
  return with_secret(
      std::visit([&](const auto& kind) { return kind.request(notices, context); }, endpoint),
      secret);
}

DeliveryResult Receiver::result(const ReceiverAnswer& answer) const {
  std::string text = cut(one_line(answer.text), reason_max);
  text.erase(text.find_last_not_of(' ') + 1);  // a line end
  if (!answer.status) return {DeliveryStatus::retry, fmt::format("no answer: {}", text)};
  const DeliveryStatus status = std::visit(
      [&]<class Kind>(const Kind&) { return Kind::meaning(*answer.status, answer.text); },
      endpoint);
  if (status == DeliveryStatus::delivered) return {status, ""};
  return {.status = status,
          .reason = fmt::format("{} answered {}: {}", kind(), *answer.status,
                                text.empty() ? "(nothing)" : text),
          .is_about_message = is_about_message(*answer.status),
          .is_too_many = *answer.status == 429};
}

std::span<const std::string> Routes::receivers(std::string_view severity) const {
  const auto found = by_severity.find(severity);
  if (found == by_severity.end()) return otherwise;
  return found->second;
}

}  // namespace slod::alert
