#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slod {

/// The known word that `found` is most likely a slip of, or the empty text. It is a view of
/// `known`.
std::string_view near_miss(std::string_view found, std::span<const std::string> known);

}  // namespace slod
