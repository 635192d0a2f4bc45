#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace slod {

/// A bound as a fingerprint has it: " at_least 10"; empty where there is none.
inline std::string bound_text(std::string_view key, std::optional<double> bound) {
  return bound ? fmt::format(" {} {}", key, *bound) : std::string();
}

}  // namespace slod
