#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace slod {

/// The JSON text of `value`, on one line, with numbers as people write them: 0.63, not 6.3E-1.
/// Doubles are the shortest text that reads back to the same double. A double that JSON has no
/// number for (NaN, an infinity) becomes null. In keys and texts a byte that is no part of
/// well-formed UTF-8 becomes U+FFFD, so that what a target names or says cannot break an answer.
std::string json_text(const boost::json::value& value);

/// Appends `text` between quotes, escaped and made valid as by json_text.
void append_json_text(std::string& out, std::string_view text);

}  // namespace slod
