#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "lib/time/instant.h"

namespace slod {

/// What is not known is null in JSON.
inline boost::json::value or_null(std::optional<double> number) {
  return number ? boost::json::value(*number) : boost::json::value(nullptr);
}
inline boost::json::value or_null(std::optional<Instant> at) {
  return at ? boost::json::value(format_instant(*at)) : boost::json::value(nullptr);
}

}  // namespace slod
