#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "daemon/net/message.h"

namespace slod {

/// What is wrong with a response that an answer gave, as a sentence; empty text where it is good.
std::string fault_of(const Response& response);

/// How the connection goes on after the response.
enum class After { close, keep_alive, keep_alive_http_1_0 };

/// Appends status line and header, with the empty line that ends it. Precondition: fault_of is
/// empty. `date` is the Date header's value. A response to HEAD has the header that GET would have.
void append_head(std::string& out, const Response& response, std::string_view date, After after);

/// Whether a response of this status has a body at all (RFC 9110: not 204, not 304).
inline bool has_body(int status) {
  return status != 204 && status != 304;
}

/// Whether `text` is `lower_case` but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view text, std::string_view lower_case);

/// What a connection beyond the limits gets.
Response no_room();

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t at);

}  // namespace slod
