#include "daemon/net/encoding.h"

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/net/gzip.h"
#include "daemon/net/response_text.h"

namespace slod {
namespace {

constexpr std::size_t compressed_from_bytes = 1024;

constexpr std::array<std::string_view, 5> text_types = {
    "text/", "application/json", "application/javascript", "application/openmetrics-text",
    "image/svg+xml"};

/// Weights are compared in thousandths, their precision.
constexpr int full_weight = 1000;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "0", "0.5", "1.000": at most three digits after the point, at most 1.
std::optional<int> weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * full_weight;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int digit_worth = full_weight / 10;
  for (std::size_t i = 2; i < text.size(); ++i, digit_worth /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    weight += (text[i] - '0') * digit_worth;
  }
  return weight <= full_weight ? std::optional(weight) : std::nullopt;
}

struct Weights {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
};

/// One element of the list: "gzip", "gzip;q=0.5".
void read_element(std::string_view element, Weights& weights) {
  const std::size_t semicolon = element.find(';');
  std::optional<int> weight = full_weight;
  if (semicolon != std::string_view::npos) {
    const std::string_view parameter = trimmed(element.substr(semicolon + 1));
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return;
    weight = weight_of(parameter.substr(2));
  }
  if (!weight) return;
  const std::string_view coding = trimmed(element.substr(0, semicolon));
  if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
    weights.gzip = weight;
  } else if (equal_ignoring_case(coding, "identity")) {
    weights.identity = weight;
  } else if (coding == "*") {
    weights.any = weight;
  }
}

}  // namespace

bool accepts_gzip(const Request& request) {
  Weights weights;
  for (const auto& [name, value] : request.headers) {
    if (name != "accept-encoding") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view element = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(element.size() + 1, rest.size()));
      read_element(element, weights);
    }
  }
  const int gzip_weight = weights.gzip.value_or(weights.any.value_or(0));
  return gzip_weight > 0 && gzip_weight >= weights.identity.value_or(0);
}

bool is_compressible(const Response& response) {
  if (response.body.size() < compressed_from_bytes || !has_body(response.status)) return false;
  const std::string_view type = response.content_type;
  return std::ranges::any_of(text_types, [&](auto known) { return type.starts_with(known); }) &&
         std::ranges::none_of(response.headers, [](const auto& field) {
           return equal_ignoring_case(field.first, "content-encoding");
         });
}

void encode(Response& response, bool gzip_accepted) {
  if (!is_compressible(response)) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!gzip_accepted) return;
  std::string encoded = gzip(response.body);
  if (encoded.empty() || encoded.size() >= response.body.size()) return;
  response.body = std::move(encoded);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace slod
