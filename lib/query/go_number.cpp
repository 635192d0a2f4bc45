#include "lib/query/go_number.h"

#include <array>
#include <charconv>
#include <cmath>

#include "lib/promql/literal.h"

namespace slod::query {
namespace {

std::string finite_text(double value, std::chars_format format) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format);
  return {text.data(), end};
}

std::string special_text(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

}  // namespace

std::string plain_number(double value) {
  return promql::number_text(value);
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return special_text(value);
  const double magnitude = std::fabs(value);
  const bool is_plain = value == 0 || (magnitude >= 1e-4 && magnitude < 1e6);
  return finite_text(value, is_plain ? std::chars_format::fixed : std::chars_format::scientific);
}

}  // namespace slod::query
