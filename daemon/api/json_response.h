#pragma once

#include <boost/json/value.hpp>

#include "daemon/net/message.h"
#include "lib/json/text.h"

namespace slod {

inline Response json_response(int status, const boost::json::value& value) {
  return {.status = status, .body = json_text(value) + "\n"};
}

}  // namespace slod
