#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "daemon/net/message.h"

namespace slod {

/// Why the request's parameters are not among those that its path knows, each once; empty text:
/// they are. A slip in `enforce` must not open a gate without a word.
std::string unknown_parameter(const Request& request,
                              std::initializer_list<std::string_view> known);

}  // namespace slod
