#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/state/open_gap.h"

namespace slod {

/// Open gaps as they are stored, in JSON, and back. Reading back trusts nothing: nullopt where the
/// text is not a list of "slo" and "missed", each of which has "begin", "end" and "share".
std::string to_json(std::span<const OpenGap> gaps);
std::optional<std::vector<OpenGap>> open_gaps_from_json(std::string_view text);

}  // namespace slod
