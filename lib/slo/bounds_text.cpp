#include "lib/slo/bounds_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace slod {

boost::json::array bounds_to_json(std::span<const double> bounds) {
  boost::json::array texts;
  for (const double bound : bounds) {
    texts.emplace_back(std::isinf(bound) ? bound > 0 ? "+Inf" : "-Inf" : fmt::format("{}", bound));
  }
  return texts;
}

std::optional<std::vector<double>> bounds_from_json(const boost::json::value* value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!value || !value->is_array()) return std::nullopt;
  std::vector<double> bounds;
  for (const boost::json::value& element : value->get_array()) {
    if (!element.is_string()) return std::nullopt;
    const boost::json::string& text = element.get_string();
    double bound = 0;
    if (text == "+Inf") {
      bound = infinity;
    } else if (text == "-Inf") {
      bound = -infinity;
    } else {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
      if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    }
    if (!bounds.empty() && !(bounds.back() < bound)) return std::nullopt;
    bounds.push_back(bound);
  }
  return bounds;
}

}  // namespace slod
