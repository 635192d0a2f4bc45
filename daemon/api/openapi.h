#pragma once

#include <string_view>

namespace slod {

/// docs/openapi.yaml, as it was when the program was built: what /openapi.yaml serves.
std::string_view openapi_document();

}  // namespace slod
