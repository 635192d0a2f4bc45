#pragma once

#include <compare>
#include <string_view>

namespace slod::query {

/// The order in which people count: runs of digits are numbers, so that "cpu9" comes before
/// "cpu10". Everything else is compared byte by byte, and so are texts that differ in leading
/// zeros alone: equal only if the same.
std::strong_ordering natural_order(std::string_view one, std::string_view other);

}  // namespace slod::query
