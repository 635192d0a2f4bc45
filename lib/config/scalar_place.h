#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/config/document.h"

namespace slod::config {

/// Where byte `offset` of a scalar's value stands in the text that it was read from: in a plain or
/// quoted scalar on one line, in a block (`|`, `>`), or in a plain one over several lines. Nullopt
/// where that cannot be told. `line_starts` are the offsets of the text's lines.
std::optional<Mark> mark_inside(std::string_view text, const std::vector<std::size_t>& line_starts,
                                const YamlNode& scalar, std::size_t offset);

}  // namespace slod::config
