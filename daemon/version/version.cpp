#include "daemon/version/version.h"

namespace slod {

constexpr std::string_view version = SLOD_VERSION;

}  // namespace slod
