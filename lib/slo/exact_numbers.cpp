#include "lib/slo/exact_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>
#include <system_error>

#include "lib/sketch/limits.h"

namespace slod {
namespace {

std::optional<double> parse_exact(std::string_view text) {
  if (text == "+Inf") return infinity;
  if (text == "-Inf") return -infinity;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

boost::json::array exact_numbers(std::span<const double> numbers) {
  boost::json::array texts;
  for (const double number : numbers) {
    const bool infinite = std::isinf(number);
    texts.emplace_back(infinite ? number > 0 ? "+Inf" : "-Inf" : fmt::format("{}", number));
  }
  return texts;
}

std::optional<std::vector<double>> read_exact_numbers(const boost::json::value* value) {
  if (!value || !value->is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const boost::json::value& element : value->get_array()) {
    const boost::json::string* text = element.if_string();
    const auto number = text ? parse_exact({text->data(), text->size()}) : std::nullopt;
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool strictly_ascending(std::span<const double> numbers) {
  return std::ranges::adjacent_find(numbers, std::ranges::greater_equal()) == numbers.end();
}

}  // namespace slod
