#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/alert/notice.h"

namespace slod {

/// A message's notice as it is stored, in JSON, and back. Error: why the text cannot be read.
std::string text_of(const alert::Notice& notice);
std::expected<alert::Notice, std::string> notice_of(std::string_view text);

}  // namespace slod
