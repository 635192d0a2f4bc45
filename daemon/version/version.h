#pragma once

#include <string_view>

namespace slod {

/// As in the top-level CMakeLists.txt.
extern const std::string_view version;

}  // namespace slod
