#pragma once

#include <string_view>

namespace slod {

/// As in the top-level CMakeLists.txt.
inline constexpr std::string_view version = SLOD_VERSION;

}  // namespace slod
