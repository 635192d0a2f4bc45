#pragma once

#include <string>
#include <string_view>

namespace slod {

/// RFC 4648, with padding and without line breaks.
std::string base64(std::string_view bytes);

/// The value of Authorization or Proxy-Authorization for a user with a password.
std::string basic_credentials(std::string_view user, std::string_view password);

}  // namespace slod
